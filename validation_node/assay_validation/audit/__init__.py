"""An auditor's work: from a model and data to findings, figures and a page that explains them."""
