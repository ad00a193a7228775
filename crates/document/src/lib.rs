//! Bytes to text, blocks and problems; text to chunks with exact byte spans.
