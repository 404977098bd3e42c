// SPDX-License-Identifier: Apache-2.0
// Merkle trees, built by other code than the contracts': keccak with sorted pairs, and RFC 6962 by its recursive definition.
pragma solidity ^0.8.28;

library Trees {
    /// Root of a sorted-pair tree; a node without sibling moves up. 0 for no leaves.
    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        if (leaves.length == 0) return 0;
        bytes32[] memory level = leaves;
        while (level.length > 1) level = _up(level);
        return level[0];
    }

    /// Audit path of a leaf.
    function path(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32[] memory proof) {
        proof = new bytes32[](0);
        bytes32[] memory level = leaves;
        while (level.length > 1) {
            uint256 sibling = index ^ 1;
            if (sibling < level.length) proof = _append(proof, level[sibling]);
            level = _up(level);
            index /= 2;
        }
    }

    /// RFC 6962 §2.1: hash of leaves [from, to), which are leaf hashes already.
    function logRoot(bytes32[] memory leaves, uint256 from, uint256 to) internal pure returns (bytes32) {
        if (to - from == 1) return leaves[from];
        uint256 k = _split(to - from);
        return sha256(
            abi.encodePacked(bytes1(0x01), logRoot(leaves, from, from + k), logRoot(leaves, from + k, to))
        );
    }

    /// RFC 6962 §2.1.1: audit path of leaf `index` in the tree over [from, to).
    function logPath(bytes32[] memory leaves, uint256 index, uint256 from, uint256 to)
        internal
        pure
        returns (bytes32[] memory)
    {
        if (to - from == 1) return new bytes32[](0);
        uint256 k = _split(to - from);
        if (index < from + k) {
            return _append(logPath(leaves, index, from, from + k), logRoot(leaves, from + k, to));
        }
        return _append(logPath(leaves, index, from + k, to), logRoot(leaves, from, from + k));
    }

    function _split(uint256 n) private pure returns (uint256 k) {
        k = 1;
        while (k * 2 < n) k *= 2;
    }

    function _up(bytes32[] memory level) private pure returns (bytes32[] memory next) {
        next = new bytes32[]((level.length + 1) / 2);
        for (uint256 i = 0; i < next.length; ++i) {
            if (2 * i + 1 == level.length) {
                next[i] = level[2 * i];
            } else {
                (bytes32 a, bytes32 b) = (level[2 * i], level[2 * i + 1]);
                next[i] = a < b ? keccak256(abi.encodePacked(a, b)) : keccak256(abi.encodePacked(b, a));
            }
        }
    }

    function _append(bytes32[] memory list, bytes32 item) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](list.length + 1);
        for (uint256 i = 0; i < list.length; ++i) longer[i] = list[i];
        longer[list.length] = item;
    }
}
