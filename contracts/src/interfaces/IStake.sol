// SPDX-License-Identifier: Apache-2.0
// What the vault asks of the registry.
pragma solidity ^0.8.28;

interface IStake {
    /// Sends up to `amount` of what an account forfeited, then of its stake, to the vault. Only for the vault.
    /// @return taken what was sent
    function seize(address account, uint128 amount) external returns (uint128 taken);
}
