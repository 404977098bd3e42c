// SPDX-License-Identifier: Apache-2.0
// The leaf of a charge: everything that ties one payment to one output.
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// One captured charge. `amount` is what the payer pays; `fee` is the part of it that is not the node's.
struct Charge {
    uint256 batch;
    bytes32 receiptId;
    bytes32 entryLeaf;
    uint64 logIndex;
    address payer;
    address node;
    bytes32 version;
    bytes32 priceBook;
    uint256 amount;
    uint256 fee;
}

/// A charge with its audit path in its batch's tree.
struct ProvenCharge {
    Charge charge;
    bytes32[] proof;
}

library Charges {
    /// Hashed twice, so that no inner node of a tree can pass for a leaf.
    function hash(Charge calldata charge) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(charge))));
    }

    /// What the node gets of it; nothing when the fee is larger than the whole.
    function nodePart(Charge calldata charge) internal pure returns (uint256) {
        return Math.saturatingSub(charge.amount, charge.fee);
    }
}
