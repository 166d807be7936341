"""LangChain's integration suites in full, through the gate to a model outside that echoes."""

from __future__ import annotations

from tests.langchain_suites import MARKS, OverAnthropic, OverEmbeddings, OverOpenAi

pytestmark = list(MARKS)


class TestChatOpenAI(OverOpenAi):
    model_name = "chatgpt"
    other_model = "mistral"


class TestChatAnthropic(OverAnthropic):
    model_name = "chatgpt"
    other_model = "mistral"


class TestOpenAIEmbeddings(OverEmbeddings):
    pass
