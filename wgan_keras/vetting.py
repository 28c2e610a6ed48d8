"""A SavedModel is a program: it is read here, before TensorFlow loads and runs any of it.

What is on the list below computes with numbers, and that is all. Whatever else a program
can ask TensorFlow for, such as files, Python functions or tables, is not on it, and a model
that asks is refused by name. The list holds what this package exports, and what the layers
of Keras need of which a generator may reasonably be made.

It is not promised that a model which passes ends soon, or needs little memory: it may
multiply large matrices for ever.
"""

from pathlib import Path

from wgan_keras.errors import UserError

# Numbers in, numbers out: nothing here has a side effect.
COMPUTING = frozenset(
    """
    Abs Acos Acosh Add AddN AddV2 All Any ArgMax ArgMin Asin Asinh Atan Atan2 Atanh
    AvgPool BatchMatMul BatchMatMulV2 BatchMatMulV3 BatchToSpaceND BiasAdd BitwiseAnd
    BitwiseOr BitwiseXor BroadcastArgs BroadcastTo Cast Ceil ClipByValue Concat ConcatV2
    Const Conv2D Conv2DBackpropInput Cos Cosh Cumsum DepthToSpace DepthwiseConv2dNative
    DivNoNan Einsum Elu EnsureShape Equal Erf Erfc Exp ExpandDims Expm1 Fill Floor
    FloorDiv FloorMod FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 GatherNd GatherV2
    Greater GreaterEqual Identity IdentityN Invert IsFinite IsInf IsNan L2Loss LRN
    LeakyRelu LeftShift Less LessEqual LinSpace Log Log1p LogSoftmax LogicalAnd
    LogicalNot LogicalOr MatMul Max MaxPool Maximum Mean Min Minimum MirrorPad Mul
    MulNoNan Neg NoOp NotEqual OneHot OnesLike Pack Pad PadV2 ParallelConcat Pow Prod
    Range Rank RealDiv Reciprocal Relu Relu6 Reshape ResizeBicubic ResizeBilinear
    ResizeNearestNeighbor ReverseV2 RightShift Rint Roll Round Rsqrt Select SelectV2
    Selu Shape ShapeN Sigmoid Sign Sin Sinh Size Slice Softmax Softplus Softsign
    SpaceToBatchND SpaceToDepth Split SplitV Sqrt Square SquaredDifference Squeeze
    StatelessRandomGetKeyCounter StatelessRandomNormalV2 StatelessRandomUniformFullIntV2
    StatelessRandomUniformIntV2 StatelessRandomUniformV2 StopGradient StridedSlice Sub
    Sum Tan Tanh TensorListFromTensor TensorListGetItem TensorListReserve
    TensorListSetItem TensorListStack Tile TopKV2 Transpose Unpack Where Xdivy Xlogy
    ZerosLike
    """.split()  # noqa: SIM905 (it reads more easily)
)
# Variables, arguments, and calls of the model's own functions, which are read as well.
STRUCTURE = frozenset(
    """
    If PartitionedCall Placeholder ReadVariableOp StatefulPartitionedCall StatelessIf
    StatelessWhile VarHandleOp While
    """.split()  # noqa: SIM905 (it reads more easily)
)
# In the two functions that save and restore the model's weights, and nowhere else. Loading
# calls neither: TensorFlow reads the weights from the model's own folder by itself.
SAVING = frozenset(
    """
    AssignVariableOp DisableCopyOnRead MergeV2Checkpoints RestoreV2 SaveV2
    ShardedFilename StaticRegexFullMatch StringJoin
    """.split()  # noqa: SIM905 (it reads more easily)
)
_KINDS = {  # of objects: those that hold weights and functions, and no files or tables
    *("user_object", "function", "bare_concrete_function", "variable", "constant"),
    "captured_tensor",
}


def vet_saved_model(folder):
    """Refuses a SavedModel that could do more than compute, without loading it.

    Args:
        folder: The SavedModel's folder.

    Raises:
        ValueError: It cannot be read, or holds an operation, an object or a file that is on
            none of the lists; the message names it.
    """
    folder = Path(folder)
    for name in ("saved_model.pbtxt", "saved_model.cpb"):
        if (folder / name).exists():
            raise _refusal(folder, f"beside saved_model.pb there is a {name}")
    for graph in read_saved_model(folder).meta_graphs:
        _vet_graph(folder, graph)


def read_saved_model(folder):
    """The protocol buffer of a SavedModel, parsed and not loaded.

    Raises:
        ValueError: The file is damaged.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2

    path = Path(folder, "saved_model.pb")
    model = saved_model_pb2.SavedModel()
    try:
        model.ParseFromString(path.read_bytes())
    except DecodeError as error:
        raise UserError(f"{path} is damaged: it is no SavedModel ({error}).") from error
    return model


def _vet_graph(folder, graph):
    if graph.asset_file_def:
        raise _refusal(folder, f"it has a file, {graph.asset_file_def[0].filename!r}")
    library = graph.graph_def.library
    if library.gradient or library.registered_gradients:
        raise _refusal(folder, "it has gradients of its own")
    functions = {function.signature.name: function for function in library.function}
    for node in graph.object_graph_def.nodes:
        kind = node.WhichOneof("kind")
        if kind is not None and kind not in _KINDS:
            raise _refusal(folder, f"it has an object of the kind {kind!r}")
        if node.registered_name or node.registered_saver:
            named = node.registered_name or node.registered_saver
            raise _refusal(folder, f"it has an object with code of its own, {named!r}")
    savers = _saving_functions(graph, functions)
    for node in graph.graph_def.node:
        _vet_node(folder, node, "the graph", functions, may_save=False)
    for name, function in functions.items():
        for node in function.node_def:
            _vet_node(folder, node, f"the function {name!r}", functions, name in savers)


def _vet_node(folder, node, where, functions, may_save):
    allowed = node.op in COMPUTING or node.op in STRUCTURE or node.op in functions
    if not (allowed or (may_save and node.op in SAVING)):
        raise _refusal(folder, f"{where} has the operation {node.op!r} ({node.name!r})")


def _saving_functions(graph, functions):
    """Names of the functions that save and restore weights, if nothing else calls them."""
    calls = {node.name: _called(node) for node in graph.graph_def.node}
    saver = graph.saver_def
    names = set()
    for output in (saver.save_tensor_name, saver.restore_op_name):
        names.update(calls.get(output.split(":")[0], ()))
    used = [called for function in functions.values() for called in _calls_of(function)]
    used += graph.object_graph_def.concrete_functions
    ends = {saver.save_tensor_name.split(":")[0], saver.restore_op_name}
    used += [name for node, called in calls.items() if node not in ends for name in called]
    return names - set(used)


def _calls_of(function):
    return [name for node in function.node_def for name in [node.op, *_called(node)]]


def _called(node):
    """Names of the functions in a node's attributes."""
    names = []
    for value in node.attr.values():
        names += [value.func.name] if value.HasField("func") else []
        names += [func.name for func in value.list.func]
    return names


def _refusal(folder, reason):
    return UserError(
        f"{folder} was not loaded, since {reason}, which no sampler of this package needs "
        "and which could do more than draw pictures. If you know and trust who made it, "
        "say --trust (trust=True)."
    )
