// SPDX-License-Identifier: Apache-2.0
// How a payment-channel contract has a payer's tokens brought to it.
pragma solidity ^0.8.28;

interface IDepositCollector {
    /// Moves exactly `amount` of `token` from `payer` to the caller.
    /// @param channelId the payment channel the money is for; the payer's authorization is bound to it
    /// @param collectorData what this kind of collector needs: a signature, its times, its salt
    function collect(address payer, address token, uint256 amount, bytes32 channelId, bytes calldata collectorData)
        external;
}
