// Grants a key to the panel, or to the auditors who were drawn: the data's as whoever ordered, or the model's as
// whoever made or sells it.
import { job } from "../job.js";
import { call, events, say, view } from "../market.js";
import { auditors, DATA, members, MODEL, panelGrants } from "../panel.js";
import { send } from "../review.js";
import { digestOf, document, sealedHere, stored } from "../sealing.js";
import { required } from "../wallet.js";

// The last granter opens the vote; others may grant while this grant is on its way.
const VOTE = 60_000n;

export async function run({ facts, tell }) {
  const { provider, address } = await required();
  const place = facts.model ? MODEL : DATA;
  const deal = await (DEALS[facts.market] || commission)(provider, facts.number);
  const [owner, manifest] = facts.model ? deal.model : deal.data;
  // Anybody can open a deal about this wallet's sealed data or model; its panel is to have no key of it.
  if (owner !== address.toLowerCase()) throw new Error(await say("grant.stranger"));
  const key = await sealedHere((await document(manifest)).artifact);
  const recipients = await (facts.audit ? auditors(provider, deal.auditId) : members(provider, deal.panelId));
  const count = Object.keys(recipients).length;
  if (!count) throw new Error(await say("grant.nobody"));
  tell(await say("grant.sealing", { count }));
  const raw = await panelGrants(key, recipients, deal.panelId, place);
  return send(await call("Rounds", "grant", [deal.panelId, place, digestOf(raw)]), {
    worst: await say(facts.model ? "worst.grant_model" : "worst.grant", { count }),
    publish: () => stored("/documents", raw),
    spare: VOTE,
  });
}

async function commission(provider, number) {
  const deal = await view(provider, "CommissionLens", "commission", [number]);
  const { auditId, customer, developer, manifest, panelId, request } = deal;
  return { auditId, panelId, data: [customer, request.dataset], model: [developer, manifest] };
}

async function enrolled(provider, number) {
  const { client, provider: maker, dataset, manifest, panelId } = await job(provider, number);
  return { panelId, data: [client, dataset], model: [maker, manifest] };
}

async function trial(provider, number) {
  const { buyer, seller, good, panelId } = await view(provider, "Trials", "trial", [number]);
  const [opened] = await events(provider, "Trials", "TrialOpened", { id: number });
  return { panelId, data: [buyer, opened.request.dataset], model: [seller, good] };
}

// An assessment on a third party's test.
async function assessment(provider, number) {
  const { applicant, manifest, panelId, setId } = await view(provider, "Conformity", "assessment", [number]);
  const { body, dataset } = await view(provider, "Conformity", "testSet", [setId]);
  return { panelId, data: [body, dataset], model: [applicant, manifest] };
}

const DEALS = { Trials: trial, JobEvaluator: enrolled, Conformity: assessment };
