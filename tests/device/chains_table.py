#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a C table of the registry's feature and property structs: what they
extend, what brings them, and where their members are.

usage: chains_table.py VK_XML OUTPUT

Left out are structs with pointers, whose meaning differs from one to the next,
and what is behind a macro of the headers (window systems, beta extensions).
"""

import sys
import xml.etree.ElementTree as ET

HEADS = {
    "VkPhysicalDeviceFeatures2": "IS_FEATURES",
    "VkPhysicalDeviceProperties2": "IS_PROPERTIES",
}


def is_vulkan(element):
    return "vulkan" in element.get("api", "vulkan").split(",")


def members(element):
    """Names without the head; None if there is a pointer among them."""
    names = []
    for member in element.findall("member"):
        if not is_vulkan(member):
            continue
        name = member.find("name").text
        if name in ("sType", "pNext"):
            continue
        if "*" in "".join(member.itertext()):
            return None
        names.append(name)
    return names


def read_structs(root):
    """name -> (kind, sType, members), and alias -> name"""
    structs = {}
    aliases = {}
    for element in root.findall("types/type[@category='struct']"):
        name = element.get("name")
        if element.get("alias"):
            aliases[name] = element.get("alias")
            continue
        kinds = [HEADS[h] for h in element.get("structextends", "").split(",") if h in HEADS]
        fields = members(element)
        if is_vulkan(element) and kinds and fields:
            stype = element.find("member[@values]").get("values")
            structs[name] = (kinds[0], stype, fields)
    return structs, aliases


def read_providers(root, structs, aliases):
    """name -> [(core version or '0', extension or None)]"""
    providers = {name: [] for name in structs}

    def add(block, version, extension):
        for require in block.findall("require"):
            if not is_vulkan(require):
                continue
            for item in require.findall("type"):
                name = aliases.get(item.get("name"), item.get("name"))
                if name in providers:
                    providers[name].append((version, extension))

    for feature in root.findall("feature"):
        if is_vulkan(feature):
            major, minor = feature.get("number").split(".")
            add(feature, f"VK_MAKE_API_VERSION(0, {major}, {minor}, 0)", None)
    for extension in root.findall("extensions/extension"):
        if "vulkan" not in extension.get("supported", "").split(","):
            continue
        if not extension.get("platform") and extension.get("provisional") != "true":
            add(extension, "0", extension.get("name"))
    return providers


def main():
    registry, output = sys.argv[1:]
    root = ET.parse(registry).getroot()
    structs, aliases = read_structs(root)
    providers = read_providers(root, structs, aliases)
    with open(output, "w", encoding="utf-8") as out:
        out.write("/* Written by chains_table.py from vk.xml. */\n\n")
        kept = [name for name in sorted(structs) if providers[name]]
        for name in kept:
            out.write(f"static const struct member {name}_members[] = {{\n")
            for field in structs[name][2]:
                out.write(
                    f"   {{ offsetof({name}, {field}),"
                    f" sizeof((({name} *)0)->{field}) }},\n"
                )
            out.write("};\n")
            out.write(f"static const struct provider {name}_providers[] = {{\n")
            for version, extension in providers[name]:
                text = f'"{extension}"' if extension else "NULL"
                out.write(f"   {{ {version}, {text} }},\n")
            out.write("};\n")
        out.write("\nstatic const struct chained chained[] = {\n")
        for name in kept:
            kind, stype, _ = structs[name]
            out.write(
                f'   {{ "{name}", {kind}, {stype}, sizeof({name}),\n'
                f"     {name}_members, VKT_ARRAY_SIZE({name}_members),\n"
                f"     {name}_providers, VKT_ARRAY_SIZE({name}_providers) }},\n"
            )
        out.write("};\n")


if __name__ == "__main__":
    main()
