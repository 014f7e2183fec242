// A party contests the announced end: its claim is published as a document, which the contract names by its digest.
import { block } from "../canonical.js";
import { checksum } from "../checksum.js";
import { funded } from "../fund.js";
import { addressOf, call, market, say } from "../market.js";
import { send } from "../review.js";
import { digestOf, stored } from "../sealing.js";
import { required } from "../wallet.js";

async function evidenceOf(contract, dealId, fields) {
  const { address } = await required();
  const claim = String(fields.get("claim")).trim();
  if (!claim) throw new Error(await say("dispute.claimless"));
  const evidence = {
    kind: "DisputeEvidence",
    version: 1,
    chain_id: (await market()).chain_id,
    market: await addressOf(contract),
    deal_id: String(dealId),
    party: checksum(address),
    claim,
    statement: String(fields.get("statement") || "").replace(/\r\n/g, "\n"),
    exhibits: [],
  };
  return block(evidence);
}

export async function run({ facts, fields }) {
  const contract = facts.market || "CommissionMarket";
  const evidence = await evidenceOf(contract, facts.number, fields);
  const [digest, publish] = [digestOf(evidence), () => stored("/documents", evidence)];
  if (facts.dispute)
    return send(await call("Disputes", "submitEvidence", [facts.dispute, digest]), {
      worst: await say("worst.public"),
      publish,
    });
  const open = await call("Disputes", "open", [
    await addressOf(contract),
    facts.number,
    Number(facts.ground ?? fields.get("ground")),
    digest,
  ]);
  await funded(facts.fund.token, BigInt(facts.fund.amount), open);
  return send(open, { worst: await say("worst.dispute", { amount: facts.amount }), publish });
}
