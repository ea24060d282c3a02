# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""The generator on a miniature registry: its output, and its refusals.

VENUS_TEST_UPDATE=1 writes the output to mini/golden instead of comparing it;
look at the difference before committing it.
"""

import difflib
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from context import main

HERE = Path(__file__).resolve().parent
ROOM = HERE.parent
REGISTRY = HERE / 'mini/vk.xml'
VENUS = HERE / 'mini/venus.xml'
GOLDEN = HERE / 'mini/golden'


def generate(registry, venus, out, seed='0'):
    """The finished generator process."""
    return subprocess.run(
        [sys.executable, str(ROOM / 'gen/generate.py'),
         '--registry', str(registry), '--venus', str(venus),
         '--templates', str(ROOM / 'templates'), '--out', str(out)],
        env=dict({name: value for name, value in os.environ.items()
                  if name != 'LD_PRELOAD'}, PYTHONHASHSEED=seed),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        check=False)


def contents(folder):
    """{file name: text} of a folder."""
    return {path.name: path.read_text(encoding='utf-8')
            for path in sorted(Path(folder).iterdir())}


class Output(unittest.TestCase):
    """What the generator writes."""

    def generated(self, seed='0'):
        """{file name: text} for the miniature registry."""
        with tempfile.TemporaryDirectory() as out:
            done = generate(REGISTRY, VENUS, out, seed)
            self.assertEqual(done.returncode, 0, done.stderr)
            return contents(out)

    def test_golden(self):
        """It is what a person has looked at."""
        new = self.generated()
        if os.environ.get('VENUS_TEST_UPDATE'):
            GOLDEN.mkdir(exist_ok=True)
            for path in GOLDEN.iterdir():
                path.unlink()
            for name, text in new.items():
                (GOLDEN / name).write_text(text, encoding='utf-8')
        old = contents(GOLDEN)
        self.assertEqual(sorted(old), sorted(new))
        for name, text in new.items():
            self.assertEqual('', ''.join(difflib.unified_diff(
                old[name].splitlines(True), text.splitlines(True),
                'golden/' + name, name)),
                'VENUS_TEST_UPDATE=1 takes over what is wanted')

    def test_reproducible(self):
        """The order of Python's sets does not matter."""
        self.assertEqual(self.generated('1'), self.generated('2'))


class Refusals(unittest.TestCase):
    """Input that the generator cannot turn into correct code."""

    def refuse(self, names, registry=(), venus=()):
        """Both files with some text replaced: an error that has the names.
        """
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for path, changes in ((REGISTRY, registry), (VENUS, venus)):
                text = path.read_text(encoding='utf-8')
                for old, new in changes:
                    self.assertEqual(text.count(old), 1, old)
                    text = text.replace(old, new)
                paths.append(Path(folder) / path.name)
                paths[-1].write_text(text, encoding='utf-8')
            self.check(generate(*paths, Path(folder) / 'out'), names)

    def check(self, done, names):
        """The process failed and said what it is about."""
        self.assertNotEqual(done.returncode, 0, done.stdout)
        for name in names:
            self.assertIn(name, done.stderr)
        self.assertNotIn('Traceback', done.stderr)

    def test_unknown_category(self):
        """A member whose type is of a kind that is new."""
        self.refuse(['VkNovelty'], registry=[
            ('<type category="struct" name="VkPart">',
             '<type category="tensor" name="VkNovelty"/>'
             '<type category="struct" name="VkPart">'
             '<member><type>VkNovelty</type> <name>novel</name></member>')])

    def test_unknown_type(self):
        """A member whose type is nowhere."""
        self.refuse(['VkNowhere'], registry=[
            ('<member><type>VkPaint</type> <name>paint</name></member>',
             '<member><type>VkNowhere</type> <name>paint</name></member>')])

    def test_function_pointer(self):
        """A member that no wire can carry."""
        self.refuse(['PFN_vkVoid'], registry=[
            ('<type category="struct" name="VkPart">',
             '<type category="funcpointer">typedef void (VKAPI_PTR '
             '*<name>PFN_vkVoid</name>)(void);</type>'
             '<type category="struct" name="VkPart">'
             '<member><type>PFN_vkVoid</type> <name>call</name></member>')])

    def test_replaced_array(self):
        """Values that are replaced, in an array inside of a struct."""
        self.refuse(['VkThingMood moods[4]'], registry=[
            ('<member><type>VkPaint</type> <name>paint</name></member>',
             '<member><type>VkThingMood</type> <name>moods</name>[4]'
             '</member>')])

    def test_unknown_length(self):
        """A length expression that is none of the known."""
        self.refuse(['VkThingCreateInfo', 'pCode'], registry=[
            ('altlen="codeSize / 4"', 'altlen="popcount(codeSize)"')])

    def test_length_of_nothing(self):
        """A length that is no sibling."""
        self.refuse(['VkThingCreateInfo', 'pParts'], registry=[
            ('<member len="partCount">const', '<member len="absent">const')])

    def test_pointer_without_length(self):
        """A pointer to who knows how many bytes."""
        self.refuse(['vkGetThingBytes', 'pData'], registry=[
            ('<param optional="true" len="pSize"><type>void',
             '<param optional="true"><type>void')])

    def test_command_without_number(self):
        """A supported command that the wire has no number for."""
        self.refuse(['vkPaintThing'], venus=[
            ('<command number="5" name="vkPaintThing" '
             'alias="vkPaintThingEXT"/>', '')])

    def test_number_used_twice(self):
        """Two commands that would be the same."""
        self.refuse(['vkSeekThingMESA'], venus=[
            ('number="6"', 'number="5"')])

    def test_union_without_rule(self):
        """A union of which nobody says what to send."""
        self.refuse(['VkPaint'], venus=[
            ('<union type="VkPaint" member="index"/>', '')])

    def test_missing_registry(self):
        """No file; the message says how to get one."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'absent.xml'
            done = generate(path, VENUS, Path(folder) / 'out')
            self.check(done, [str(path), 'vulkan-registry'])

    def test_missing_venus(self):
        """No protocol description."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'absent.xml'
            done = generate(REGISTRY, path, Path(folder) / 'out')
            self.check(done, [str(path)])

    def test_broken_registry(self):
        """A file that is no XML."""
        self.refuse(['vk.xml'], registry=[('</registry>', '')])


if __name__ == '__main__':
    main()
