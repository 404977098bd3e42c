// SPDX-License-Identifier: Apache-2.0
// DevBatchSettlement and DevDepositCollector hold the x402 rules: ceilings, cumulative claims, delays, consent.
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {DevDepositCollector} from "../src/dev/DevDepositCollector.sol";
import {IBatchSettlement} from "../src/interfaces/IBatchSettlement.sol";
import {IDepositCollector} from "../src/interfaces/IDepositCollector.sol";
import {Channels} from "./support/Channels.sol";

interface IMulticall {
    function multicall(bytes[] calldata data) external returns (bytes[] memory);
}

contract BatchSettlementTest is Channels {
    IBatchSettlement.ChannelConfig private config;
    bytes32 private id;
    address private receiver = address(0xEC);

    function setUp() public {
        deployWorld();
        config = channelConfig(receiver);
        id = settlement.getChannelId(config);
    }

    function testDepositsFillTheChannel() public {
        token.mint(payer, 100);
        bytes memory data = collectorData(id, 60, 1);
        vm.expectEmit();
        emit IBatchSettlement.ChannelCreated(id, config);
        vm.expectEmit();
        emit IBatchSettlement.Deposited(id, stranger, 60, 60);
        vm.prank(stranger);
        settlement.deposit(config, 60, COLLECTOR, data);
        _is(60, 0);
        vm.recordLogs();
        settlement.deposit(config, 40, COLLECTOR, collectorData(id, 40, 2));
        eq(emitted(IBatchSettlement.ChannelCreated.selector), 0);
        _is(100, 0);
        vm.startPrank(gateway);
        settlement.claim(voucherBy(SESSION_KEY, config, 30, 30));
        settlement.refund(config, 70);
        vm.stopPrank();
        depositInto(config, 5, 3);
        eq(emitted(IBatchSettlement.ChannelCreated.selector), 0);
        eq(emitted(IBatchSettlement.ChannelClosed.selector), 0);
        eq(token.balanceOf(address(settlement)), 35);
        eq(token.balanceOf(COLLECTOR), 0);
    }

    function testAChannelIsItsConfigurationOnThisChainAndContract() public {
        bytes32 message = keccak256(
            abi.encode(
                keccak256(
                    "ChannelConfig(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt)"
                ),
                config
            )
        );
        eq(id, typed(x402Domain(), message));
        eq(settlement.getChannelId(config), id);
        vm.chainId(1);
        yes(settlement.getChannelId(config) != id);
    }

    function testRefusesConfigurationsThatCannotWork() public {
        IBatchSettlement.ChannelConfig[4] memory bad = [config, config, config, config];
        bad[0].payer = address(0);
        bad[1].receiver = address(0);
        bad[2].receiverAuthorizer = address(0);
        bad[3].token = address(0);
        for (uint256 i = 0; i < 4; ++i) _refuses(bad[i], 1, COLLECTOR, IBatchSettlement.InvalidChannel.selector);
        config.withdrawDelay = 15 minutes - 1;
        _refuses(config, 1, COLLECTOR, IBatchSettlement.WithdrawDelayOutOfRange.selector);
        config.withdrawDelay = 30 days + 1;
        _refuses(config, 1, COLLECTOR, IBatchSettlement.WithdrawDelayOutOfRange.selector);
        config.withdrawDelay = 900;
        _refuses(config, 0, COLLECTOR, IBatchSettlement.ZeroDeposit.selector);
        _refuses(config, 1, address(0), IBatchSettlement.InvalidCollector.selector);
        config.withdrawDelay = 30 days;
        depositInto(config, 5, 1);
        config.withdrawDelay = 15 minutes;
        depositInto(config, 5, 2);
    }

    function testTheMoneyMustArriveExactly() public {
        token.mint(address(this), 100);
        LooseCollector loose = new LooseCollector(address(this));
        token.approve(address(loose), 100);
        loose.bring(9);
        _refuses(config, 10, address(loose), IBatchSettlement.DepositCollectionFailed.selector);
        loose.bring(11);
        _refuses(config, 10, address(loose), IBatchSettlement.DepositCollectionFailed.selector);
        loose.bring(10);
        settlement.deposit(config, 10, address(loose), "");
        _is(10, 0);
        loose.bring(1);
        // The most that fits is refused only because it did not come.
        _refuses(config, type(uint128).max - 10, address(loose), IBatchSettlement.DepositCollectionFailed.selector);
        _refuses(config, type(uint128).max - 9, address(loose), IBatchSettlement.DepositOverflow.selector);
    }

    function testEveryDoorIsClosedWhileMoneyComesIn() public {
        token.mint(address(this), 100);
        LooseCollector loose = new LooseCollector(address(this));
        token.approve(address(loose), 100);
        loose.bring(10);
        IBatchSettlement.VoucherClaim[] memory rows = new IBatchSettlement.VoucherClaim[](0);
        bytes[8] memory doors = [
            abi.encodeCall(settlement.deposit, (config, 1, address(loose), "")),
            abi.encodeCall(settlement.claim, (rows)),
            abi.encodeCall(settlement.claimWithSignature, (rows, "")),
            abi.encodeCall(settlement.settle, (receiver, address(token))),
            abi.encodeCall(settlement.initiateWithdraw, (config, 1)),
            abi.encodeCall(settlement.finalizeWithdraw, (config)),
            abi.encodeCall(settlement.refund, (config, 1)),
            abi.encodeCall(settlement.refundWithSignature, (config, 1, 0, ""))
        ];
        for (uint256 i = 0; i < doors.length; ++i) {
            loose.knock(doors[i]);
            settlement.deposit(config, 10, address(loose), "");
            eq(loose.closed(), i + 1);
        }
    }

    function testAnAuthorizationFillsOneChannelOnly() public {
        token.mint(payer, 100);
        bytes memory data = collectorData(id, 60, 1);
        config.salt = keccak256("another channel");
        vm.expectRevert();
        settlement.deposit(config, 60, COLLECTOR, data);
    }

    function testTheCollectorServesTheSettlementContractOnly() public {
        token.mint(payer, 100);
        bytes memory data = collectorData(id, 60, 1);
        vm.prank(gateway);
        vm.expectPartialRevert(DevDepositCollector.OnlyX402BatchSettlement.selector);
        IDepositCollector(COLLECTOR).collect(payer, address(token), 60, id, data);
    }

    function testClaimsAreCumulativeAndReplaysChangeNothing() public {
        depositInto(config, 100, 1);
        vm.expectEmit();
        emit IBatchSettlement.Claimed(id, gateway, 30, 30);
        _claim(SESSION_KEY, 80, 30);
        _is(100, 30);
        vm.recordLogs();
        _claim(SESSION_KEY, 80, 30);
        _claim(SESSION_KEY, 80, 20);
        eq(emitted(IBatchSettlement.Claimed.selector), 0);
        _is(100, 30);
        vm.expectEmit();
        emit IBatchSettlement.Claimed(id, gateway, 50, 80);
        _claim(SESSION_KEY, 80, 80);
        _is(100, 80);
        (uint128 claimed, uint128 settled) = settlement.receivers(receiver, address(token));
        eq(claimed, 80);
        eq(settled, 0);
    }

    function testAClaimStaysBelowVoucherAndBalance() public {
        depositInto(config, 100, 1);
        _refusesClaim(SESSION_KEY, 80, 81, IBatchSettlement.ClaimExceedsCeiling.selector);
        _refusesClaim(SESSION_KEY, 200, 101, IBatchSettlement.ClaimExceedsBalance.selector);
        _claim(SESSION_KEY, 100, 100);
    }

    function testOnlyTheChannelsSignerMakesVouchers() public {
        depositInto(config, 100, 1);
        _refusesClaim(PAYER_KEY, 80, 30, IBatchSettlement.InvalidSignature.selector);
        config.payerAuthorizer = address(0);
        id = settlement.getChannelId(config);
        depositInto(config, 100, 2);
        _refusesClaim(SESSION_KEY, 80, 30, IBatchSettlement.InvalidSignature.selector);
        _claim(PAYER_KEY, 80, 30);
        _is(100, 30);
    }

    function testHighSIsMalformed() public {
        depositInto(config, 100, 1);
        IBatchSettlement.VoucherClaim[] memory rows = voucherBy(SESSION_KEY, config, 80, 30);
        rows[0].signature = highS(rows[0].signature);
        vm.prank(gateway);
        vm.expectPartialRevert(ECDSA.ECDSAInvalidSignatureS.selector);
        settlement.claim(rows);
    }

    function testTheReceiversSideClaims() public {
        depositInto(config, 100, 1);
        IBatchSettlement.VoucherClaim[] memory rows = voucherBy(SESSION_KEY, config, 80, 30);
        vm.prank(stranger);
        vm.expectPartialRevert(IBatchSettlement.NotAuthorizedToClaim.selector);
        settlement.claim(rows);
        vm.prank(receiver);
        settlement.claim(rows);
        _is(100, 30);
        vm.expectPartialRevert(IBatchSettlement.EmptyBatch.selector);
        settlement.claim(new IBatchSettlement.VoucherClaim[](0));
        vm.expectPartialRevert(IBatchSettlement.EmptyBatch.selector);
        settlement.claimWithSignature(new IBatchSettlement.VoucherClaim[](0), "");
    }

    function testASignedBatchOfClaimsIsBroughtByAnybody() public {
        depositInto(config, 100, 1);
        IBatchSettlement.ChannelConfig memory second = channelConfig(receiver);
        second.salt = keccak256("second");
        depositInto(second, 50, 2);
        IBatchSettlement.VoucherClaim[] memory rows = new IBatchSettlement.VoucherClaim[](2);
        rows[0] = voucherBy(SESSION_KEY, config, 80, 30)[0];
        rows[1] = voucherBy(SESSION_KEY, second, 40, 40)[0];
        bytes memory sig = signedBatch(rows);
        rows[1].totalClaimed = 39;
        vm.expectPartialRevert(IBatchSettlement.InvalidSignature.selector);
        settlement.claimWithSignature(rows, sig);
        rows[1].totalClaimed = 40;
        vm.prank(stranger);
        settlement.claimWithSignature(rows, sig);
        (uint128 claimed,) = settlement.receivers(receiver, address(token));
        eq(claimed, 70);
        second.receiverAuthorizer = stranger;
        rows[1] = voucherBy(SESSION_KEY, second, 41, 41)[0];
        sig = signedBatch(rows);
        vm.expectPartialRevert(IBatchSettlement.NotReceiverAuthorizer.selector);
        settlement.claimWithSignature(rows, sig);
    }

    function testDigestsAreWhatPeopleSign() public view {
        eq(
            settlement.getVoucherDigest(id, 5),
            typed(
                x402Domain(),
                keccak256(
                    abi.encode(keccak256("Voucher(bytes32 channelId,uint128 maxClaimableAmount)"), id, uint128(5))
                )
            )
        );
        eq(
            settlement.getRefundDigest(id, 3, 5),
            typed(
                x402Domain(),
                keccak256(
                    abi.encode(
                        keccak256("Refund(bytes32 channelId,uint256 nonce,uint128 amount)"), id, uint256(3), uint128(5)
                    )
                )
            )
        );
    }

    function testSweepsWhatWasClaimedOnce() public {
        depositInto(config, 100, 1);
        settlement.settle(receiver, address(token));
        _claim(SESSION_KEY, 80, 30);
        vm.prank(stranger);
        vm.expectEmit();
        emit IBatchSettlement.Settled(receiver, address(token), stranger, 30);
        settlement.settle(receiver, address(token));
        settlement.settle(receiver, address(token));
        eq(token.balanceOf(receiver), 30);
        _claim(SESSION_KEY, 80, 80);
        settlement.settle(receiver, address(token));
        eq(token.balanceOf(receiver), 80);
        eq(token.balanceOf(address(settlement)), 20);
    }

    function testThePayerWithdrawsAfterTheDelay() public {
        depositInto(config, 100, 1);
        _claim(SESSION_KEY, 80, 30);
        vm.expectPartialRevert(IBatchSettlement.InvalidChannel.selector);
        settlement.initiateWithdraw(config, 10);
        vm.startPrank(payer);
        vm.expectPartialRevert(IBatchSettlement.NothingToWithdraw.selector);
        settlement.initiateWithdraw(config, 0);
        vm.expectPartialRevert(IBatchSettlement.WithdrawAmountExceedsAvailable.selector);
        settlement.initiateWithdraw(config, 71);
        vm.expectPartialRevert(IBatchSettlement.WithdrawalNotPending.selector);
        settlement.finalizeWithdraw(config);
        vm.expectEmit();
        emit IBatchSettlement.WithdrawInitiated(id, 70, uint40(block.timestamp) + 900);
        settlement.initiateWithdraw(config, 70);
        (uint128 pending, uint40 since) = settlement.pendingWithdrawals(id);
        eq(pending, 70);
        eq(since, block.timestamp);
        vm.expectPartialRevert(IBatchSettlement.WithdrawalAlreadyPending.selector);
        settlement.initiateWithdraw(config, 1);
        vm.warp(block.timestamp + 899);
        vm.expectPartialRevert(IBatchSettlement.WithdrawDelayNotElapsed.selector);
        settlement.finalizeWithdraw(config);
        vm.stopPrank();
        vm.warp(block.timestamp + 1);
        vm.expectPartialRevert(IBatchSettlement.NotAuthorizedToFinalizeWithdraw.selector);
        settlement.finalizeWithdraw(config);
        vm.prank(session);
        vm.expectEmit();
        emit IBatchSettlement.WithdrawFinalized(id, session, 70);
        settlement.finalizeWithdraw(config);
        eq(token.balanceOf(payer), 70);
        _is(30, 30);
    }

    function testClaimsWithinTheDelayComeFirst() public {
        depositInto(config, 100, 1);
        vm.prank(session);
        settlement.initiateWithdraw(config, 90);
        _claim(SESSION_KEY, 80, 80);
        vm.warp(block.timestamp + 900);
        vm.prank(payer);
        settlement.finalizeWithdraw(config);
        eq(token.balanceOf(payer), 20);
        _is(80, 80);
    }

    function testAnEmptiedChannelIsClosed() public {
        depositInto(config, 100, 1);
        vm.prank(payer);
        settlement.initiateWithdraw(config, 100);
        vm.warp(block.timestamp + 900);
        vm.prank(payer);
        vm.expectEmit();
        emit IBatchSettlement.ChannelClosed(id, config);
        settlement.finalizeWithdraw(config);
        token.mint(payer, 5);
        bytes memory data = collectorData(id, 5, 2);
        vm.expectEmit();
        emit IBatchSettlement.ChannelCreated(id, config);
        settlement.deposit(config, 5, COLLECTOR, data);
    }

    function testTheReceiversSideRefundsWhatIsUnclaimed() public {
        depositInto(config, 100, 1);
        _claim(SESSION_KEY, 80, 30);
        vm.expectPartialRevert(IBatchSettlement.NotAuthorizedToRefund.selector);
        settlement.refund(config, 10);
        vm.prank(gateway);
        vm.expectPartialRevert(IBatchSettlement.ZeroRefund.selector);
        settlement.refund(config, 0);
        vm.prank(gateway);
        vm.expectEmit();
        emit IBatchSettlement.Refunded(id, gateway, 10);
        settlement.refund(config, 10);
        _is(90, 30);
        eq(settlement.refundNonce(id), 1);
        vm.prank(receiver);
        settlement.refund(config, 1000);
        _is(30, 30);
        eq(token.balanceOf(payer), 70);
        vm.prank(receiver);
        settlement.refund(config, 1000);
        eq(settlement.refundNonce(id), 3);
        _is(30, 30);
    }

    function testASignedRefundWorksOnce() public {
        depositInto(config, 100, 1);
        bytes memory sig = signedRefund(id, 0, 10);
        vm.expectPartialRevert(IBatchSettlement.InvalidSignature.selector);
        settlement.refundWithSignature(config, 11, 0, sig);
        vm.expectPartialRevert(IBatchSettlement.InvalidRefundNonce.selector);
        settlement.refundWithSignature(config, 10, 1, sig);
        vm.prank(stranger);
        settlement.refundWithSignature(config, 10, 0, sig);
        eq(token.balanceOf(payer), 10);
        vm.expectPartialRevert(IBatchSettlement.InvalidRefundNonce.selector);
        settlement.refundWithSignature(config, 10, 0, sig);
    }

    function testARefundServesAWaitingWithdrawal() public {
        depositInto(config, 100, 1);
        vm.prank(payer);
        settlement.initiateWithdraw(config, 50);
        vm.prank(gateway);
        settlement.refund(config, 20);
        (uint128 pending, uint40 since) = settlement.pendingWithdrawals(id);
        eq(pending, 30);
        eq(since, block.timestamp);
        vm.prank(gateway);
        settlement.refund(config, 30);
        (pending, since) = settlement.pendingWithdrawals(id);
        eq(pending, 0);
        eq(since, 0);
    }

    function testMulticallRunsAllOrNothing() public {
        depositInto(config, 100, 1);
        IBatchSettlement.VoucherClaim[] memory rows = voucherBy(SESSION_KEY, config, 80, 30);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(IBatchSettlement.claim, (rows));
        calls[1] = abi.encodeCall(IBatchSettlement.refund, (config, 70));
        vm.prank(gateway);
        IMulticall(address(settlement)).multicall(calls);
        _is(30, 30);
        calls[1] = abi.encodeCall(IBatchSettlement.refund, (config, 0));
        vm.prank(gateway);
        vm.expectPartialRevert(IBatchSettlement.ZeroRefund.selector);
        IMulticall(address(settlement)).multicall(calls);
    }

    /// Conservation: the contract holds what is unclaimed in channels and what receivers have not swept.
    function testFuzzConservation(uint96 deposited, uint96 ceiling, uint96 claimed, uint96 back) public {
        vm.assume(deposited > 0 && back > 0);
        depositInto(config, deposited, 1);
        bool fits = claimed <= ceiling && claimed <= deposited;
        IBatchSettlement.VoucherClaim[] memory rows = voucherBy(SESSION_KEY, config, ceiling, claimed);
        vm.prank(gateway);
        if (!fits && claimed > 0) vm.expectRevert();
        settlement.claim(rows);
        vm.prank(receiver);
        settlement.refund(config, back);
        (uint128 balance, uint128 total) = settlement.channels(id);
        eq(token.balanceOf(address(settlement)), balance);
        eq(total, fits ? claimed : 0);
        settlement.settle(receiver, address(token));
        eq(token.balanceOf(receiver), total);
        eq(token.balanceOf(address(settlement)), balance - total);
        eq(token.balanceOf(payer), deposited - balance);
    }

    function highS(bytes memory sig) internal pure returns (bytes memory) {
        bytes32 r;
        uint256 s;
        uint8 v;
        assembly ("memory-safe") {
            r := mload(add(sig, 0x20))
            s := mload(add(sig, 0x40))
            v := byte(0, mload(add(sig, 0x60)))
        }
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        return abi.encodePacked(r, bytes32(order - s), v == 27 ? uint8(28) : uint8(27));
    }

    function _is(uint128 balance, uint128 claimed) private view {
        (uint128 b, uint128 c) = settlement.channels(id);
        eq(b, balance);
        eq(c, claimed);
    }

    function _claim(uint256 key, uint128 ceiling, uint128 claimed) private {
        IBatchSettlement.VoucherClaim[] memory rows = voucherBy(key, config, ceiling, claimed);
        vm.prank(gateway);
        settlement.claim(rows);
    }

    function _refusesClaim(uint256 key, uint128 ceiling, uint128 claimed, bytes4 reason) private {
        IBatchSettlement.VoucherClaim[] memory rows = voucherBy(key, config, ceiling, claimed);
        vm.prank(gateway);
        vm.expectPartialRevert(reason);
        settlement.claim(rows);
    }

    function _refuses(IBatchSettlement.ChannelConfig memory bad, uint128 amount, address collector, bytes4 reason)
        private
    {
        vm.expectPartialRevert(reason);
        settlement.deposit(bad, amount, collector, "");
    }
}

/// Brings another amount than it was asked for, and tries a door of whoever asks.
contract LooseCollector {
    address private immutable purse;
    uint256 private amount;
    bytes private door;
    /// Doors that were closed to a caller from within.
    uint256 public closed;

    constructor(address purse_) {
        purse = purse_;
    }

    function bring(uint256 amount_) external {
        amount = amount_;
    }

    function knock(bytes calldata door_) external {
        door = door_;
    }

    function collect(address, address token, uint256, bytes32, bytes calldata) external {
        if (door.length > 0) {
            (bool ok, bytes memory data) = msg.sender.call(door);
            if (!ok && bytes4(data) == bytes4(keccak256("ReentrancyGuardReentrantCall()"))) ++closed;
        }
        IToken(token).transferFrom(purse, msg.sender, amount);
    }
}

interface IToken {
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}
