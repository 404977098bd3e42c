// SPDX-License-Identifier: Apache-2.0
// Class refunds: an upheld incident gives back every charge in its scope, once, from held credits, fees, stake (7.6).
pragma solidity ^0.8.28;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Charge, ProvenCharge} from "../lib/Charge.sol";
import {VaultChallenges} from "./VaultChallenges.sol";

abstract contract VaultRefunds is VaultChallenges {
    /// What is taken from an account's held credit in a batch.
    struct Take {
        uint256 batch;
        address account;
        uint128 amount;
    }

    /// What is taken from an account's stake when its credits do not suffice.
    struct StakeTake {
        address account;
        uint128 amount;
    }

    /// A refund as proposed. Its root covers one entry per payer, and every charge in scope as it stands in its batch.
    struct Plan {
        bytes32 incident;
        bytes32 root;
        uint128 total;
        uint32 count;
        /// Nodes' credits first, then the treasury's.
        Take[] takes;
        StakeTake[] stakes;
    }

    /// Log indexes of refunded receipts: bits of one word of `refundedBits`.
    struct Bits {
        uint256 word;
        uint256 bits;
    }

    struct Refund {
        bytes32 planHash;
        bytes32 root;
        uint128 total;
        uint128 funded;
        uint128 paid;
        uint40 executableAt;
    }

    /// Refunds by incident.
    mapping(bytes32 incident => Refund) public refunds;

    event RefundProposed(bytes32 indexed incident, bytes32 root, uint128 total, uint32 count, uint40 executableAt);
    event RefundVetoed(bytes32 indexed incident);
    event RefundExecuted(bytes32 indexed incident, uint128 total, uint128 funded, uint128 shortfall);
    event RefundPaid(bytes32 indexed incident, address indexed payer, uint128 amount, uint128 paid);

    error RefundExists(bytes32 incident);
    error NoSuchRefund(bytes32 incident);
    error NotExecuted(bytes32 incident);
    error FeesBeforeCredits();
    error BitsOutOfOrder();

    /// Proposes the refund of an upheld incident, and freezes the batches it takes from. One refund per incident.
    function proposeRefund(Plan calldata plan) external onlySettler {
        Refund storage refund = refunds[plan.incident];
        require(refund.executableAt == 0, RefundExists(plan.incident));
        require(plan.total > 0, NothingToPay());
        uint40 executableAt = uint40(block.timestamp) + veto;
        refund.planHash = keccak256(abi.encode(plan));
        refund.root = plan.root;
        refund.total = plan.total;
        refund.executableAt = executableAt;
        bool fees = false;
        for (uint256 i = 0; i < plan.takes.length; ++i) {
            bool isFee = plan.takes[i].account == treasury;
            require(isFee || !fees, FeesBeforeCredits());
            fees = isFee;
            Batch storage batch = _batch(plan.takes[i].batch);
            if (isHeld(plan.takes[i].batch)) _freeze(batch, uint256(executableAt) + response);
        }
        emit RefundProposed(plan.incident, plan.root, plan.total, plan.count, executableAt);
    }

    /// Stops a refund within its veto window. The incident may then be proposed again, with another plan.
    function vetoRefund(bytes32 incident) external {
        require(msg.sender == vetoer, OnlyVetoer());
        Refund storage refund = refunds[incident];
        require(refund.planHash != bytes32(0), NoSuchRefund(incident));
        require(block.timestamp < refund.executableAt, TooLate(refund.executableAt));
        delete refunds[incident];
        emit RefundVetoed(incident);
    }

    /// Executes a refund after its veto window; anybody may. Credits that are no longer held are not touched; what they
    /// lack comes from stake, and what is still lacking is recorded and shared by all payers in proportion.
    function executeRefund(Plan calldata plan) external nonReentrant {
        Refund storage refund = refunds[plan.incident];
        require(refund.planHash == keccak256(abi.encode(plan)), NoSuchRefund(plan.incident));
        require(block.timestamp >= refund.executableAt, TooEarly(refund.executableAt));
        delete refund.planHash;

        uint128 missing = plan.total;
        for (uint256 i = 0; i < plan.takes.length; ++i) {
            Take calldata take = plan.takes[i];
            if (!isHeld(take.batch)) continue;
            missing -= _takeCredit(take.batch, take.account, Math.min(take.amount, missing));
        }
        for (uint256 i = 0; i < plan.stakes.length; ++i) {
            uint128 wanted = uint128(Math.min(plan.stakes[i].amount, missing));
            uint128 taken = registry.seize(plan.stakes[i].account, wanted);
            liabilities += taken;
            missing -= taken;
        }
        refund.funded = plan.total - missing;
        _requireBacked();
        emit RefundExecuted(plan.incident, plan.total, refund.funded, missing);
    }

    /// Pays a payer everything that an incident gives back to it. Anybody may call and bear the cost.
    /// @param refunded the log indexes of the payer's receipts, so that none is given back again; ascending by word
    /// @param proof of keccak256(keccak256(abi.encode(incident, payer, amount, keccak256(abi.encode(refunded)))))
    function claimRefund(
        bytes32 incident,
        address payer,
        uint128 amount,
        Bits[] calldata refunded,
        bytes32[] calldata proof
    ) external nonReentrant {
        bytes32 entry = keccak256(abi.encode(incident, payer, amount, keccak256(abi.encode(refunded))));
        _requireInRefund(incident, keccak256(bytes.concat(entry)), proof);
        for (uint256 i = 0; i < refunded.length; ++i) {
            require(i == 0 || refunded[i].word > refunded[i - 1].word, BitsOutOfOrder());
            _markRefunded(refunded[i].word, refunded[i].bits);
        }
        _payRefund(incident, payer, amount);
    }

    /// Pays back one charge that stands in a refund, without its payer's entry: the way out when that is wrong or missing.
    /// @param proof of the charge's leaf in the refund's tree
    function claimCharge(bytes32 incident, ProvenCharge calldata proven, bytes32[] calldata proof)
        external
        nonReentrant
    {
        bytes32 leaf = _leafIn(proven);
        _requireInRefund(incident, leaf, proof);
        Charge calldata charge = proven.charge;
        _markRefunded(charge.logIndex >> 8, 1 << (charge.logIndex & 255));
        _payRefund(incident, charge.payer, charge.amount);
    }

    function _requireInRefund(bytes32 incident, bytes32 leaf, bytes32[] calldata proof) private view {
        Refund storage refund = refunds[incident];
        require(refund.executableAt != 0, NoSuchRefund(incident));
        require(refund.planHash == bytes32(0), NotExecuted(incident));
        require(MerkleProof.verifyCalldata(proof, refund.root, leaf), NotInTree());
    }

    /// Exact to the unit when the refund is funded; else each payer bears its part of the shortfall, rounded down.
    function _payRefund(bytes32 incident, address payer, uint256 amount) private {
        Refund storage refund = refunds[incident];
        uint256 payout = Math.mulDiv(amount, refund.funded, refund.total);
        require(payout > 0 && payout <= refund.funded - refund.paid, NothingToPay());
        refund.paid += uint128(payout);
        emit RefundPaid(incident, payer, uint128(amount), uint128(payout));
        _pay(payer, uint128(payout));
    }
}
