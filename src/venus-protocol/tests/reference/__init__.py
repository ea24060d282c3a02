# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""A second opinion about the bytes of the Venus protocol.

Written from the description of the protocol and from the Vulkan registry
alone. It must never import, read or imitate the generator under test: what
both get wrong together no test here can see.
"""
