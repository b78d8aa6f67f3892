"""Mails to officers: digests by role and area, news at once, a way back in; written down first, sent by the worker."""
