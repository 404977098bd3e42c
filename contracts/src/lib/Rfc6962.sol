// SPDX-License-Identifier: Apache-2.0
// RFC 6962 inclusion in a log's SHA-256 tree, judged on chain.
pragma solidity ^0.8.28;

library Rfc6962 {
    /// Whether the leaf hash stands at `index` in the tree of `size` leaves with this root (RFC 9162 §2.1.3.2).
    function includes(bytes32 leaf, uint64 index, uint64 size, bytes32 root, bytes32[] calldata proof)
        internal
        pure
        returns (bool)
    {
        if (index >= size) return false;
        uint64 node = index;
        uint64 last = size - 1;
        bytes32 hash = leaf;
        for (uint256 i = 0; i < proof.length; ++i) {
            if (last == 0) return false;
            if (node & 1 == 1 || node == last) {
                hash = _parent(proof[i], hash);
                // A right border without a sibling moves up alone until it has one.
                while (node & 1 == 0 && node != 0) {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                hash = _parent(hash, proof[i]);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && hash == root;
    }

    function _parent(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }
}
