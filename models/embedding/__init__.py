"""Embeddings: what high-dimensional vectors look like in a plane or in space. Settings first, `fit`, then `embedding_`."""

from models.embedding.pca import PCA
from models.embedding.tsne import TSNE
from models.embedding.umap import UMAP

__all__ = ["PCA", "TSNE", "UMAP"]
