"""src/fabric/fabric.proto against the official descriptors, field by field; and that a difference is told.

LOTVEIL_FABRIC_DESCRIPTORS names the descriptor set that protoc-c made of it.
"""

import os
import pathlib
import unittest

from descriptors import OURS, differences, local, ours
from google.protobuf import descriptor_pb2

FIELD = descriptor_pb2.FieldDescriptorProto


def setUpModule():
    global compiled
    compiled = pathlib.Path(os.environ["LOTVEIL_FABRIC_DESCRIPTORS"]).read_bytes()


class Altered(unittest.TestCase):
    """One thing changed in a copy of our descriptors, each of which must be told."""

    def expect(self, change, words):
        files = descriptor_pb2.FileDescriptorSet.FromString(compiled)
        (file,) = files.file
        change(file)
        told = differences(files.SerializeToString())
        self.assertEqual(len(told), 1, told)
        self.assertIn(words, told[0])

    @staticmethod
    def message(file, name):
        return next(message for message in file.message_type if message.name == name)

    def field(self, file, message, name):
        return next(field for field in self.message(file, message).field if field.name == name)

    def enum(self, file, name):
        return next(enum for enum in file.enum_type if enum.name == name)

    def test_every_wrong_number(self):
        files = descriptor_pb2.FileDescriptorSet.FromString(compiled)
        (file,) = files.file
        for message in file.message_type:
            if message.name in OURS:
                continue
            for field in message.field:
                with self.subTest(message=message.name, field=field.name):
                    field.number += 100
                    (told,) = differences(files.SerializeToString())
                    self.assertIn(f"{message.name}.{field.name}: number", told)
                    field.number -= 100

    def test_a_wrong_type(self):
        def change(file):
            self.field(file, "ChannelHeader", "epoch").type = FIELD.TYPE_INT64
        self.expect(change, "ChannelHeader.epoch: type")

    def test_a_wrong_label(self):
        def change(file):
            self.field(file, "Transaction", "actions").label = FIELD.LABEL_OPTIONAL
        self.expect(change, "Transaction.actions: label")

    def test_another_message_as_type(self):
        def change(file):
            self.field(file, "EvaluateResponse", "result").type_name = ".lotveil.fabric.Endorsement"
        self.expect(change, "EvaluateResponse.result: of type Endorsement, official Response")

    def test_a_field_that_is_not_theirs(self):
        def change(file):
            self.message(file, "SubmitResponse").field.add(
                name="more", number=1, type=FIELD.TYPE_BYTES, label=FIELD.LABEL_OPTIONAL)
        self.expect(change, "SubmitResponse.more: no such field")

    def test_a_field_of_another_name(self):
        def change(file):
            self.field(file, "KVWrite", "value").name = "content"
        self.expect(change, "KVWrite.content: no such field")

    def test_a_message_that_is_not_theirs(self):
        def change(file):
            file.message_type.add(name="Invented")
        self.expect(change, "message Invented: no official one")

    def test_a_wrong_value_of_an_enumeration(self):
        def change(file):
            self.enum(file, "TxValidationCode").value[11].number = 12
        self.expect(change, "MVCC_READ_CONFLICT = 12, official 11")

    def test_a_wrong_value_of_a_nested_enumeration(self):
        def change(file):
            self.message(file, "ChaincodeMessage").enum_type[0].value[12].number = 12
        self.expect(change, "RESPONSE = 12, official 13")

    def test_out_of_its_oneof(self):
        def change(file):
            self.field(file, "SeekPosition", "newest").ClearField("oneof_index")
        self.expect(change, "SeekPosition.newest: in a oneof")


class Official(unittest.TestCase):
    def test_every_field_is_as_in_the_official_files(self):
        self.assertEqual(differences(compiled), [])

    def test_what_is_compared_is_the_whole_file(self):
        tree = ours(compiled)
        self.assertGreater(len(tree.messages), 70)
        self.assertLessEqual(OURS, set(tree.messages))

    def test_names_without_their_packages(self):
        self.assertEqual(local(".protos.ChaincodeMessage.Type"), "ChaincodeMessage.Type")
        self.assertEqual(local(".google.protobuf.Timestamp"), "Timestamp")


if __name__ == "__main__":
    unittest.main()
