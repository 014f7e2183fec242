"""The story of the paper's section VII on a local market, with real data and real models."""
