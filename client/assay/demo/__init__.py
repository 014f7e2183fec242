"""The hospital's story of the paper's section VII, played on a local market with real data and real models."""
