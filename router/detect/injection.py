"""Instructions to the model inside data: heuristics that only ever raise taint.

They permit nothing, and a text without a sign is no safer for it: what keeps injected instructions
harmless is the label (CaMeL, arXiv 2503.18813), not this list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from router.detect.finding import TAINT
from router.detect.page import Detector, Match, Page

_WHOSE = (
    r"(?:your|the|all|any|my|these|those|previous|prior|above|earlier|preceding|system|original)"
)
_SIGNS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("OVERRIDE", ("ignore", "disregard", "forget", "override", "bypass", "do not follow",
     "ignorier", "vergiss", "ignora", "oublie"),
     r"\b(?:ignor(?:e|iere|a|ez)|disregard|forget|override|bypass|vergiss|oublie[zr]?|do not "
     r"follow|don't follow|stop following)\b"
     r"[^.\n]{0,40}\b(?:instruct\w*|prompts?|rules?|guidelines?|directions?|context|above"
     r"|previous|prior|commands?|anweisung\w*"
     r"|regeln|instrucciones|consignes|everything)\b"),
    ("NEW_ROLE", ("you are now", "act as", "pretend", "roleplay", "from now on", "du bist jetzt"),
     r"\b(?:you are now|from now on,? you|act as (?:a|an|if|though|the)|pretend (?:to be|you)"
     r"|roleplay as|du bist jetzt)\b"),
    ("PROMPT_LEAK", ("system prompt", "instructions", "initial prompt", "developer message"),
     rf"\b(?:reveal|show|print|repeat|output|tell|leak|display|return|what (?:is|are"
     rf"|were))\b[^.\n]{{0,30}}\b{_WHOSE}\b[^.\n]{{0,20}}"
     r"\b(?:system prompt|initial prompt|instructions|developer message)\b"),
    ("TO_THE_MODEL", ("assistant", " ai", "language model", "llm", "chatbot", "gpt", "claude"),
     r"\b(?:(?:note|message|instructions?|attention|dear|hey|important)[ :,]{1,3}(?:to|for)?[ "
     r":]{0,2}(?:the |any )?"
     r"(?:ai|assistant|language model|llm|chatbot|gpt|claude)\b|\bif you are an? (?:ai"
     r"|assistant|llm|language model)"
     r"|\bas an ai (?:language )?(?:model|assistant),? you (?:must|should|will))"),
    ("ROLE_MARKS", ("<|", "[inst]", "<<sys>>", "system:", "### instruction", "</s>", "<system",
     "assistant:", "human:", "begin_of_text"),
     r"<\|(?:im_start|im_end|system|user|assistant|endoftext|begin_of_text|eot_id"
     r"|start_header_id|tool_call)\|?>?|\[/?inst\]|<</?sys>>"
     r"|(?:^|\n)[ \t]{0,4}#{0,4} ?(?:system|assistant|developer|human) ?(?:prompt|message)?:"
     r"|### instructions?:?"
     r"|</?(?:system|assistant|instructions?)>"),
    ("TOOL_CALL", ("tool_call", "function_call", "\"arguments\"", "\"tool\"", "<invoke",
     "action:", "tool_use", "function="),
     r"</?tool_calls?>|</?function_calls?>|<invoke\b|\"(?:function|tool)_calls?\"[ ]{0,3}:"
     r"|\"type\"[ ]?:[ ]?\"(?:tool_use|function)\""
     r"|\"name\"[ ]{0,3}:[ ]{0,3}\"[\w.-]{1,64}\"[ ,\n]{1,4}\"(?:arguments|parameters"
     r"|input)\"[ ]{0,3}:|<function=\w"
     r"|(?:^|\n)action:[^\n]{1,80}\naction input:"),
    ("SECRECY", ("do not tell", "don't tell", "do not mention", "don't mention",
     "without telling", "do not inform", "silently", "keep this secret"),
     r"\b(?:do not|don't|never|without) (?:tell|telling|mention|mentioning|inform|informing"
     r"|alert|alerting|reveal|revealing)\w*"
     r"[^.\n]{0,20}\b(?:user|anyone|anybody|human|customer|operator|this)\b|\bsilently (?:send"
     r"|forward|execute|run)\b"),
    ("SEND_AWAY", ("send", "forward", "post", "upload", "exfiltrate", "transmit"),
     r"\b(?:send|forward|upload|post|transmit|exfiltrate"
     r"|e-?mail)\b[^.\n]{0,60}\b(?:conversation|chat history|password|credentials?"
     r"|api keys?|secrets?|private data|system prompt|contacts?|session"
     r"|tokens?)\b[^.\n]{0,40}\bto\b"),
    ("PLANTED_CODE", ("code",),
     r"\b(?:following|subsequent|below) code(?:[ -]\w+)?\b[^\n]{0,60}\byour\b"
     r"|\byour\b[^\n]{0,60}\b(?:following|subsequent|below) code\b"
     r"|\b(?:incorporat|integrat|inclu|insert|merg|add|utili[sz]|embed|implement"
     r"|append)\w*\b[^.\n]{0,40}\b(?:following|subsequent|below)"
     r"(?: \w+)? code\b"),
    ("DEMAND", ("your response", "your answer", "your reply", "your output", "your task",
     "instead of answering"),
     r"\b(?:include|insert|append|add|begin|start|end|embed|write|finish|conclude"
     r"|prefix)\b[^.\n]{0,60}\b(?:your|the) (?:response|answer|reply|output)\b"
     r"|\bin your (?:response|answer|reply|output)\b|\binstead of answering\b|\byour (?:new"
     r"|real|actual|only) task\b"),
)  # fmt: skip
_RULES = tuple((name, hints, re.compile(shape)) for name, hints, shape in _SIGNS)


def find_instructions(page: Page) -> Iterator[Match]:
    """Phrases that speak to a model instead of a reader."""
    for name, hints, shape in _RULES:
        if page.hints.any(*hints):
            for match in shape.finditer(page.lower):
                yield Match(name, TAINT, match.start(), match.end())


INSTRUCTIONS = Detector("instructions", find_instructions)
