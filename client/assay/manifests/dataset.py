"""A dataset: sealed, described, and committed to before anybody is tested on it."""

from typing import Annotated, Any, Literal

from pydantic import Field

from assay.manifests.base import Manifest, Part
from assay.manifests.evaluation import MAX_COLUMNS, DatasetCounts, Format
from assay.manifests.fields import Line, Prose
from assay.manifests.licence import Licence
from assay.manifests.sealed_artifact import SealedArtifact

MEDIA_TYPES = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "npz": "application/x-npz",
    "jsonl": "application/jsonl",
    "archive": "application/octet-stream",
}
_CROISSANT_TYPES = {
    "integer": "sc:Integer",
    "float": "sc:Float",
    "text": "sc:Text",
    "boolean": "sc:Boolean",
    "time": "sc:DateTime",
}


ColumnType = Literal["integer", "float", "text", "boolean", "time"]


class Column(Part):
    """One column of a table, or one array of an NPZ file."""

    name: Line
    type: ColumnType
    description: Prose = ""


class DatasetManifest(Manifest):
    """What may be known of a dataset without opening it."""

    kind: Literal["DatasetManifest"] = "DatasetManifest"
    version: Literal[1] = 1
    artifact: SealedArtifact
    name: Line
    description: Prose
    licence: Licence
    format: Format
    columns: Annotated[tuple[Column, ...], Field(min_length=1, max_length=MAX_COLUMNS)]
    counts: DatasetCounts
    """The number of rows, in all and for each class and group."""

    def to_croissant(self) -> dict[str, Any]:
        """The same description as Croissant 1.0 JSON-LD (http://mlcommons.org/croissant/1.0).

        The file is named by the address of its ciphertext and the digest of its plaintext: readers that hold
        the key can check what they decrypted, all others still learn the columns.
        """
        plaintext = f"{self.name}.{self.format}"
        return {
            "@context": _CONTEXT,
            "@type": "sc:Dataset",
            "conformsTo": "http://mlcommons.org/croissant/1.0",
            "name": self.name,
            "description": self.description,
            "license": self.licence.spdx or f"ipfs://{self.licence.text}",
            "url": f"ipfs://{self.artifact.cid}",
            "distribution": [
                {
                    "@type": "cr:FileObject",
                    "@id": "data",
                    "name": plaintext,
                    "description": "Sealed at its address; size and digest are those of the opened file.",
                    "contentUrl": f"ipfs://{self.artifact.cid}",
                    "contentSize": f"{self.artifact.plaintext_size} B",
                    "encodingFormat": MEDIA_TYPES[self.format],
                    "sha256": self.artifact.plaintext_sha256,
                },
            ],
            "recordSet": [
                {
                    "@type": "cr:RecordSet",
                    "@id": "rows",
                    "name": "rows",
                    "description": f"{self.counts.rows} rows",
                    "field": [_croissant_field(index, column) for index, column in enumerate(self.columns)],
                }
            ],
        }


def _croissant_field(index: int, column: Column) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"rows/{index}",  # not the name: readers refuse spaces in an @id
        "name": column.name,
        "description": column.description,
        "dataType": _CROISSANT_TYPES[column.type],
        "source": {"fileObject": {"@id": "data"}, "extract": {"column": column.name}},
    }


# The context that Croissant 1.0 prescribes (specification, appendix "JSON-LD context").
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
