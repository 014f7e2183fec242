"""The market's rules and those who change them: policy, proposals, chambers."""
