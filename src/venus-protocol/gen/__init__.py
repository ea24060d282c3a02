# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""The generator of the Venus protocol."""
