"""The market's rules and who changes them: policy, proposals, chambers."""
