"""The tree of classes that a classifier's own probabilities imply: what it takes for each other lies close together."""

import numpy as np

SUM_SLACK = 1e-2  # what rounding, also of files, may change in a sum of probabilities


class ClassHierarchy:
    """Agglomerative clustering of the mean probabilities of each class (average linkage, UPGMA; Sokal & Michener 1958).

    What a teacher gives to the wrong classes says which classes it holds for alike ("dark knowledge"; Hinton et al. 2015).
    The distance of two classes is the Jensen-Shannon distance of their mean probabilities, with logarithms to base 2: the
    square root of the divergence in bits. It is a metric from 0 (the same) to 1 (nothing in common), it is there where
    probabilities are 0, and it hears the small ones: two classes that give each other a share e of their probability
    come closer by about e log(1/e) of divergence, where a cosine would let them come closer by 2 e only. A good
    teacher's classes differ in little else.

    Average linkage merges the two groups whose classes are closest on average, so no fork is closer than the forks
    below it. Where distances are equal, which fork comes first is a matter of the order of the classes.

    Attributes
    ----------
    classes_ : int64 array (C,)
        The classes that have images, ascending. All others are left out.
    mean_probabilities_ : float64 array (C, K)
        The mean probabilities of the images of each of `classes_`; each row adds up to 1.
    linkage_ : float64 array (C - 1, 4)
        A row a fork, the closest first: its two children, their distance, how many classes it holds. Children below C
        are places in `classes_`; C + i is the fork of row i. As SciPy has it.
    leaves_ : int64 array (C,)
        `classes_` in the order in which the tree is drawn: of all orders that cross no branches, the one in which
        neighbours are most alike.
    """

    def fit(self, probabilities: np.ndarray, labels: np.ndarray) -> "ClassHierarchy":
        """Find the tree.

        Parameters
        ----------
        probabilities : array (N, K)
            What the classifier says of each image; rows add up to about 1. K is 2 or more.
        labels : integer array (N,)
            The class of each image, 0 to K - 1. Two classes or more have images.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the arrays are not as described above.
        """
        from scipy.cluster.hierarchy import leaves_list, linkage  # loaded by the first who needs it
        from scipy.spatial.distance import pdist

        probabilities, labels = _checked(probabilities, labels)
        self.classes_, place, counts = np.unique(labels, return_inverse=True, return_counts=True)
        if len(self.classes_) < 2:
            raise ValueError(f"a tree needs images of two classes or more; all of these are of class {labels[0]}.")
        sums = np.zeros((len(self.classes_), probabilities.shape[1]))
        for row, members in enumerate(np.split(np.argsort(place, kind="stable"), np.cumsum(counts)[:-1])):
            sums[row] = probabilities[members].sum(axis=0, dtype=np.float64)
        self.mean_probabilities_ = sums / sums.sum(axis=1, keepdims=True)
        distances = pdist(self.mean_probabilities_, "jensenshannon") / np.sqrt(np.log(2))
        self.linkage_ = linkage(np.clip(distances, 0, 1), "average", optimal_ordering=True)
        self.leaves_ = self.classes_[leaves_list(self.linkage_)]
        return self


def _checked(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as arrays, if a tree can be made of them."""
    probabilities, labels = np.asarray(probabilities), np.asarray(labels)
    if probabilities.ndim != 2 or len(probabilities) == 0 or probabilities.shape[1] < 2:
        raise ValueError(f"probabilities must have the shape (N, K), K two or more, not {probabilities.shape}.")
    if probabilities.dtype.kind != "f":
        raise ValueError(f"probabilities must be floating point numbers, not {probabilities.dtype}.")
    n_images, n_classes = probabilities.shape
    if labels.shape != (n_images,) or labels.dtype.kind not in "iu":
        raise ValueError(f"labels must be {n_images:,} integers, one an image, not {labels.dtype} {labels.shape}.")
    if labels.min() < 0 or labels.max() >= n_classes:
        raise ValueError(f"labels must be 0 to {n_classes - 1}, but there are {labels.min()} to {labels.max()}.")
    if not (np.isfinite(probabilities).all() and (probabilities >= 0).all()):
        raise ValueError("probabilities must be finite numbers from 0 up, but some are not.")
    bad = np.flatnonzero(np.abs(probabilities.sum(axis=1, dtype=np.float64) - 1) > SUM_SLACK)
    if bad.size:
        raise ValueError(
            f"probabilities must add up to 1 for each image, but those of image {bad[0]} add up to "
            f"{probabilities[bad[0]].sum():.4g} ({bad.size:,} of {n_images:,} images are so)."
        )
    return probabilities, labels
