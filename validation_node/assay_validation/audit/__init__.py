"""An auditor's work on one model: from a model and data to findings, figures and a page that explains them."""
