"""Holds src/fabric/fabric.proto, as a descriptor set, against Hyperledger Fabric's official descriptors."""

import importlib

from google.protobuf import any_pb2, descriptor_pb2, timestamp_pb2
from google.rpc import status_pb2

OFFICIAL = (
    "common.common_pb2", "common.ledger_pb2", "msp.identities_pb2", "peer.chaincode_pb2", "peer.proposal_pb2",
    "peer.proposal_response_pb2", "peer.transaction_pb2", "peer.chaincode_event_pb2", "peer.chaincode_shim_pb2",
    "peer.events_pb2", "ledger.rwset.rwset_pb2", "ledger.rwset.kvrwset.kv_rwset_pb2",
    "ledger.queryresult.kv_query_result_pb2", "orderer.ab_pb2", "gateway.gateway_pb2",
)
# Where two official files have a message of one name, whose it is.
CHOSEN = {"DeliverResponse": "protos.DeliverResponse"}
# What is named otherwise here, for two official names that are one without their packages.
RENAMED = {"RpcStatus": "google.rpc.Status"}
# What is Lotveil's own.
OURS = {"Calls", "Call", "CallArgument"}

FIELD = descriptor_pb2.FieldDescriptorProto


class Tree:
    """Messages and enumerations of one or more files by their names, nested ones as Outer.Inner."""

    def __init__(self):
        self.messages = {}
        self.enums = {}

    def add_file(self, file):
        for message in file.message_type:
            self._add_message(file.package, (), message)
        for enum in file.enum_type:
            self._put(self.enums, file.package, (), enum)

    def _add_message(self, package, outer, message):
        self._put(self.messages, package, outer, message)
        for nested in message.nested_type:
            self._add_message(package, (*outer, message.name), nested)
        for enum in message.enum_type:
            self._put(self.enums, package, (*outer, message.name), enum)

    @staticmethod
    def _put(into, package, outer, item):
        into.setdefault(".".join((*outer, item.name)), {})[".".join(filter(None, (package, *outer, item.name)))] = item


def official():
    tree = Tree()
    modules = [importlib.import_module("fabric_protos." + name) for name in OFFICIAL]
    for module in (*modules, any_pb2, timestamp_pb2, status_pb2):
        file = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(file)
        tree.add_file(file)
    return tree


def ours(descriptor_set):
    files = descriptor_pb2.FileDescriptorSet.FromString(descriptor_set)
    tree = Tree()
    for file in files.file:
        tree.add_file(file)
    return tree


def counterpart(named, name):
    """The official thing of that name, or None; RENAMED and CHOSEN settle what is not plain."""
    if name in RENAMED:
        short = RENAMED[name].rsplit(".", 1)[-1]
        return named.get(short, {}).get(RENAMED[name])
    found = named.get(name, {})
    if name in CHOSEN:
        return found.get(CHOSEN[name])
    return next(iter(found.values())) if len(found) == 1 else None


def local(type_name):
    """A type's name without its package: packages are in lower case, types are not."""
    return ".".join(part for part in type_name.split(".") if part and not part[0].islower())


def differences(descriptor_set):
    """What of ours is not as in the official files: a list of words, empty where all agrees."""
    theirs = official()
    mine = ours(descriptor_set)
    words = []
    for name, found in mine.messages.items():
        if name in OURS:
            continue
        (message,) = found.values()
        other = counterpart(theirs.messages, name)
        if other is None:
            words.append(f"message {name}: no official one of that name, or more than one")
        else:
            words += message_differences(name, message, other)
    for name, found in mine.enums.items():
        (enum,) = found.values()
        other = counterpart(theirs.enums, name)
        if other is None:
            words.append(f"enum {name}: no official one of that name, or more than one")
        else:
            words += enum_differences(name, enum, other)
    return words


def message_differences(name, message, other):
    words = []
    fields = {field.name: field for field in other.field}
    if message.options.map_entry != other.options.map_entry:
        words.append(f"message {name}: a map here or there alone")
    for field in message.field:
        label = f"field {name}.{field.name}"
        official_field = fields.get(field.name)
        if official_field is None:
            words.append(f"{label}: no such field in the official message")
            continue
        for part in ("number", "type", "label"):
            if getattr(field, part) != getattr(official_field, part):
                words.append(f"{label}: {part} {getattr(field, part)}, official {getattr(official_field, part)}")
        expected = local(official_field.type_name)
        if field.type in (FIELD.TYPE_MESSAGE, FIELD.TYPE_ENUM) and local(field.type_name) != expected:
            words.append(f"{label}: of type {local(field.type_name)}, official {expected}")
        if one_of(message, field) != one_of(other, official_field):
            words.append(f"{label}: in a oneof here or there alone")
    return words


def one_of(message, field):
    return message.oneof_decl[field.oneof_index].name if field.HasField("oneof_index") else None


def enum_differences(name, enum, other):
    values = {value.name: value.number for value in other.value}
    return [
        f"enum {name}: {value.name} = {value.number}, official {values.get(value.name)}"
        for value in enum.value
        if values.get(value.name) != value.number
    ]
