"""An ONNX graph written node by node, in float64."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.training.errors import TrainingError
from seismic_assets.training.trees import LEAF, Tree

_OPERATORS = 18
# TreeEnsemble came with 5, which withdrew TreeEnsembleClassifier; only the latter has leaves of several classes.
_SUMMING_OPERATORS, _VOTING_OPERATORS = 5, 3
_IR_VERSION = 10
_LARGEST_BYTES = 2**31 - 1
# A protocol buffer writes small integers in 1 to 4 bytes; five lists of them and the numbers of a node.
_BYTES_PER_NODE = 40
_BYTES_PER_SHARE = 9
_TREES = "ai.onnx.ml"
_LESS_OR_EQUAL = 0
# A class that no leaf votes for: for two classes onnxruntime would not compare sums but ask whether one passes 0.5.
_NOBODY = -1


class GraphBuilder:
    """Nodes and constants of a graph; every method returns the name of what it adds."""

    def __init__(self) -> None:
        """An empty graph."""
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._tree_operators = _SUMMING_OPERATORS

    def node(
        self, operator: str, inputs: Sequence[str], *, into: str | None = None, domain: str = "", **attributes: Any
    ) -> str:
        """One output of an operator, named `into` or by its number."""
        from onnx import helper

        output = into or f"{operator.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [output], domain=domain, **attributes))
        return output

    def constant(self, value: Any) -> str:
        """A number or an array that the graph carries."""
        from onnx import numpy_helper

        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def cast(self, name: str, dtype: type[np.generic], *, into: str | None = None) -> str:
        """The same numbers in another type."""
        from onnx import helper

        return self.node("Cast", [name], into=into, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def summed_trees(self, inputs: str, trees: Sequence[Tree], initial: NDArray[np.float64]) -> str:
        """(m, scores) float64: the initial scores and what the leaf of each tree adds to the score of its target."""
        from onnx import numpy_helper

        _check_size(trees)
        inner = [_with_inner_root(each) for each in trees]
        leaves = [each.left == LEAF for each in inner]
        first_node = np.cumsum([0, *[(~each).sum() for each in leaves]])
        first_leaf = np.cumsum([0, *[each.sum() for each in leaves]])
        # Nodes and leaves are counted apart, each through all trees.
        number = [
            np.where(leaf, first_leaf[t] + np.cumsum(leaf) - 1, first_node[t] + np.cumsum(~leaf) - 1)
            for t, leaf in enumerate(leaves)
        ]

        def of_nodes(values: Sequence[NDArray[Any]]) -> NDArray[Any]:
            return np.concatenate([value[~leaf] for value, leaf in zip(values, leaves, strict=True)])

        def children(side: str) -> tuple[list[int], list[int]]:
            child = [np.maximum(getattr(tree, side), 0) for tree in inner]
            numbers = of_nodes([number[t][each] for t, each in enumerate(child)])
            are_leaves = of_nodes([leaves[t][each] for t, each in enumerate(child)])
            return numbers.tolist(), are_leaves.astype(int).tolist()

        (left, left_is_leaf), (right, right_is_leaf) = children("left"), children("right")
        values = np.concatenate([tree.value[leaf, 0] for tree, leaf in zip(inner, leaves, strict=True)])
        sums = self.node(
            "TreeEnsemble",
            [inputs],
            domain=_TREES,
            n_targets=len(initial),
            aggregate_function=1,  # sum
            post_transform=0,  # none
            tree_roots=first_node[:-1].tolist(),
            nodes_featureids=of_nodes([tree.feature for tree in inner]).tolist(),
            nodes_splits=numpy_helper.from_array(of_nodes([tree.threshold for tree in inner])),
            nodes_modes=numpy_helper.from_array(np.full(first_node[-1], _LESS_OR_EQUAL, dtype=np.uint8)),
            nodes_truenodeids=left,
            nodes_trueleafs=left_is_leaf,
            nodes_falsenodeids=right,
            nodes_falseleafs=right_is_leaf,
            nodes_missing_value_tracks_true=of_nodes([tree.missing_left for tree in inner]).astype(int).tolist(),
            leaf_targetids=np.repeat([tree.target for tree in inner], [leaf.sum() for leaf in leaves]).tolist(),
            leaf_weights=numpy_helper.from_array(values),
        )
        return self.node("Add", [sums, self.constant(initial)])

    def voting_trees(self, inputs: str, trees: Sequence[Tree], classes: NDArray[np.integer], *, label: str) -> str:
        """(m, classes) float32: the shares of all trees added up; the class with the largest float64 sum is `label`."""
        from onnx import helper, numpy_helper

        _check_size(trees)
        sizes = [len(each.left) for each in trees]
        leaf = np.concatenate([each.left == LEAF for each in trees])
        tree_number = np.repeat(np.arange(len(trees)), sizes)
        node_number = np.concatenate([np.arange(size) for size in sizes])

        def of_nodes(name: str) -> NDArray[Any]:
            return np.concatenate([getattr(each, name) for each in trees])

        self._tree_operators = _VOTING_OPERATORS
        columns = len(classes)
        sums = f"votes_{len(self._nodes)}"
        self._nodes.append(
            helper.make_node(
                "TreeEnsembleClassifier",
                [inputs],
                [label, sums],
                domain=_TREES,
                classlabels_int64s=[*(int(each) for each in classes), _NOBODY],
                post_transform="NONE",
                nodes_treeids=tree_number.tolist(),
                nodes_nodeids=node_number.tolist(),
                nodes_featureids=np.where(leaf, 0, of_nodes("feature")).tolist(),
                nodes_modes=np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
                nodes_values_as_tensor=numpy_helper.from_array(np.where(leaf, 0.0, of_nodes("threshold"))),
                nodes_truenodeids=np.where(leaf, 0, of_nodes("left")).tolist(),
                nodes_falsenodeids=np.where(leaf, 0, of_nodes("right")).tolist(),
                nodes_missing_value_tracks_true=np.where(leaf, 0, of_nodes("missing_left")).tolist(),
                class_treeids=np.repeat(tree_number[leaf], columns).tolist(),
                class_nodeids=np.repeat(node_number[leaf], columns).tolist(),
                class_ids=np.tile(np.arange(columns), leaf.sum()).tolist(),
                class_weights_as_tensor=numpy_helper.from_array(of_nodes("value")[leaf].ravel()),
            )
        )
        return self.node("Gather", [sums, self.constant(np.arange(columns))], axis=1)

    def serialised(self, *, features: int, classes: int) -> bytes:
        """The model from `features` to `label` and `probabilities`."""
        from onnx import TensorProto, helper

        graph = helper.make_graph(
            self._nodes,
            "classifier",
            [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, features])],
            [
                helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
                helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, classes]),
            ],
            self._constants,
        )
        operators = [helper.make_opsetid("", _OPERATORS), helper.make_opsetid(_TREES, self._tree_operators)]
        model = helper.make_model(graph, opset_imports=operators, ir_version=_IR_VERSION)
        return bytes(model.SerializeToString(deterministic=True))


def _with_inner_root(tree: Tree) -> Tree:
    """The operator wants a node at the root; a tree of one leaf becomes a node with that leaf on either side."""
    if tree.left[0] != LEAF:
        return tree
    return Tree(
        feature=np.zeros(3, dtype=np.int64),
        threshold=np.zeros(3),
        left=np.array([1, LEAF, LEAF]),
        right=np.array([2, LEAF, LEAF]),
        missing_left=np.zeros(3, dtype=bool),
        value=np.repeat(tree.value, 3, axis=0),
        target=tree.target,
    )


def estimated_bytes(trees: Sequence[Tree]) -> int:
    """About what the graph of the trees takes, before it is made."""
    nodes = sum(len(each.left) for each in trees)
    return nodes * (_BYTES_PER_NODE + _BYTES_PER_SHARE * trees[0].value.shape[1])


def _check_size(trees: Sequence[Tree]) -> None:
    if estimated_bytes(trees) > _LARGEST_BYTES:
        raise TrainingError(
            f"{sum(len(each.left) for each in trees):,} nodes of {len(trees)} trees do not fit into an ONNX graph of "
            "2 GB; lower max_depth or raise min_samples_leaf"
        )
