"""Text of office documents (ECMA-376, OpenDocument, compound files of older programs), within limits."""
