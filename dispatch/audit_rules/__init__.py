"""The rules of the audit, by what they look at; `dispatch/audit.py` lists them in order."""
