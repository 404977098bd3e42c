// SPDX-License-Identifier: Apache-2.0
// The vault: payers' money comes in by x402, goes out to nodes after a hold, and back to payers by incident.
pragma solidity ^0.8.28;

import {AssayTypes} from "./lib/AssayTypes.sol";
import {VaultBase} from "./vault/VaultBase.sol";
import {VaultExcess} from "./vault/VaultExcess.sol";

/// The receiver of every payment channel. What each part does stands in `vault/`; formats in specs/contracts.md.
contract SettlementVault is VaultExcess {
    constructor(Setup memory setup) VaultBase(setup) {}

    /// Separates what is signed for this vault (orders, receipts, checkpoints) from everything else.
    function domainSeparator() external view returns (bytes32) {
        return AssayTypes.domain(address(this));
    }
}
