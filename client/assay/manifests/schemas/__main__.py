"""Write the published schemas."""

from assay.manifests.schemas import write_schemas

write_schemas()
