#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a C table of the registry's commands: the name, what it is asked of,
and what brings it (core versions and extensions).

usage: procs_table.py VK_XML OUTPUT

Only plain conditions are written down: a command whose block in the registry
depends on other things as well counts as optional there, so that it may
resolve but need not.
"""

import sys
import xml.etree.ElementTree as ET

INSTANCE_LEVEL = ("VkInstance", "VkPhysicalDevice")
DEVICE_LEVEL = ("VkDevice", "VkQueue", "VkCommandBuffer")


def is_vulkan(element):
    return "vulkan" in element.get("api", "vulkan").split(",")


def level_of(command):
    """What the first parameter is: the name of the enum in procs.c."""
    first = command.find("param/type").text
    if first in DEVICE_LEVEL:
        return "LEVEL_DEVICE"
    if first in INSTANCE_LEVEL:
        return "LEVEL_INSTANCE"
    return "LEVEL_GLOBAL"


def read_levels(root):
    levels = {}
    aliases = {}
    for command in root.findall("commands/command"):
        if not is_vulkan(command):
            continue
        if command.get("alias"):
            aliases[command.get("name")] = command.get("alias")
        else:
            levels[command.find("proto/name").text] = level_of(command)
    for name, target in aliases.items():
        while target in aliases:
            target = aliases[target]
        levels[name] = levels[target]
    return levels


def version_macro(number):
    major, minor = number.split(".")
    return f"VK_MAKE_API_VERSION(0, {major}, {minor}, 0)"


def is_sure(extension, require, command, vendors):
    """Whether the extension alone brings the command."""
    if any(require.get(k) for k in ("depends", "feature", "extension")):
        return False
    # a window system's, which may not be here
    if extension.get("platform"):
        return False
    # old registries do not say that a command needs its vendor's extension
    vendor = extension.get("name").split("_")[1]
    return all(not command.endswith(v) for v in vendors if v != vendor)


def read_providers(root):
    """[(command, core version or '0', extension or None, is sure)]"""
    providers = []
    vendors = [tag.get("name") for tag in root.findall("tags/tag")]
    for feature in root.findall("feature"):
        if not is_vulkan(feature):
            continue
        for require in feature.findall("require"):
            for command in require.findall("command"):
                providers.append(
                    (command.get("name"), version_macro(feature.get("number")), None, True)
                )
    for extension in root.findall("extensions/extension"):
        if "vulkan" not in extension.get("supported", "").split(","):
            continue
        for require in extension.findall("require"):
            if not is_vulkan(require):
                continue
            for command in require.findall("command"):
                name = command.get("name")
                sure = is_sure(extension, require, name, vendors)
                providers.append((name, "0", extension.get("name"), sure))
    return providers


def main():
    registry, output = sys.argv[1:]
    root = ET.parse(registry).getroot()
    levels = read_levels(root)
    providers = sorted(
        read_providers(root), key=lambda p: (p[0], p[1], p[2] or "")
    )
    with open(output, "w", encoding="utf-8") as out:
        out.write("/* Written by procs_table.py from vk.xml. */\n\n")
        out.write("static const struct provider providers[] = {\n")
        for name, version, extension, sure in providers:
            if name not in levels:
                continue
            ext = f'"{extension}"' if extension else "NULL"
            out.write(
                f'   {{ "{name}", {levels[name]}, {version}, {ext},'
                f" {'true' if sure else 'false'} }},\n"
            )
        out.write("};\n\nstatic const char *const all_extensions[] = {\n")
        for extension in root.findall("extensions/extension"):
            out.write(f'   "{extension.get("name")}",\n')
        out.write("};\n")


if __name__ == "__main__":
    main()
