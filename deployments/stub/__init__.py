"""The provider stub: OpenAI's dialect on loopback, with faults on order and a record of it all."""
