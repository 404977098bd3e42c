// SPDX-License-Identifier: Apache-2.0
// Helpers to fill payment channels and to sign vouchers, claims and refunds, written from the x402 types.
pragma solidity ^0.8.28;

import {IBatchSettlement} from "../../src/interfaces/IBatchSettlement.sol";
import {World} from "./World.sol";

abstract contract Channels is World {
    function channelConfig(address receiver) internal view returns (IBatchSettlement.ChannelConfig memory) {
        return IBatchSettlement.ChannelConfig({
            payer: payer,
            payerAuthorizer: session,
            receiver: receiver,
            receiverAuthorizer: gateway,
            token: address(token),
            withdrawDelay: 900,
            salt: 0
        });
    }

    function collectorData(bytes32 id, uint256 amount, uint256 salt) internal view returns (bytes memory) {
        bytes32 message = keccak256(
            abi.encode(
                keccak256(
                    "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
                ),
                payer,
                COLLECTOR,
                amount,
                0,
                type(uint256).max,
                keccak256(abi.encode(id, salt))
            )
        );
        bytes memory sig = signature(PAYER_KEY, typed(token.DOMAIN_SEPARATOR(), message));
        return abi.encode(uint256(0), type(uint256).max, salt, sig);
    }

    function depositInto(IBatchSettlement.ChannelConfig memory config, uint128 amount, uint256 salt) internal {
        token.mint(payer, amount);
        settlement.deposit(config, amount, COLLECTOR, collectorData(settlement.getChannelId(config), amount, salt));
    }

    function voucherBy(uint256 key, IBatchSettlement.ChannelConfig memory config, uint128 ceiling, uint128 claimed)
        internal
        view
        returns (IBatchSettlement.VoucherClaim[] memory rows)
    {
        bytes32 message = keccak256(
            abi.encode(
                keccak256("Voucher(bytes32 channelId,uint128 maxClaimableAmount)"),
                settlement.getChannelId(config),
                ceiling
            )
        );
        rows = new IBatchSettlement.VoucherClaim[](1);
        rows[0] = IBatchSettlement.VoucherClaim(
            IBatchSettlement.Voucher(config, ceiling), signature(key, typed(x402Domain(), message)), claimed
        );
    }

    function x402Domain() internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("x402 Batch Settlement"),
                keccak256("1"),
                block.chainid,
                address(settlement)
            )
        );
    }

    function signedBatch(IBatchSettlement.VoucherClaim[] memory rows) internal view returns (bytes memory) {
        bytes32[] memory hashes = new bytes32[](rows.length);
        for (uint256 i = 0; i < rows.length; ++i) {
            hashes[i] = keccak256(
                abi.encode(
                    keccak256("ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)"),
                    settlement.getChannelId(rows[i].voucher.channel),
                    rows[i].voucher.maxClaimableAmount,
                    rows[i].totalClaimed
                )
            );
        }
        bytes32 message = keccak256(
            abi.encode(
                keccak256(
                    "ClaimBatch(ClaimEntry[] claims)ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)"
                ),
                keccak256(abi.encodePacked(hashes))
            )
        );
        return signature(GATEWAY_KEY, typed(x402Domain(), message));
    }

    function signedRefund(bytes32 id, uint256 nonce, uint128 amount) internal view returns (bytes memory) {
        bytes32 message = keccak256(
            abi.encode(keccak256("Refund(bytes32 channelId,uint256 nonce,uint128 amount)"), id, nonce, amount)
        );
        return signature(GATEWAY_KEY, typed(x402Domain(), message));
    }
}
