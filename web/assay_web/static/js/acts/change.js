// Changes what the registry has of this account: its roles, its domains, or the key to which others seal.
import { call, say, view } from "../market.js";
import { domainsOf, ownKey, rolesOf } from "../registration.js";
import { send } from "../review.js";
import { units } from "../words.js";
import { required } from "../wallet.js";

const [HOUR, DAY] = [3600n, 86400n];
const upTo = (wait, unit) => units((wait + unit - 1n) / unit, 0);
const lasting = async (wait) =>
  wait < 2n * DAY ? say("sign.hours", { count: upTo(wait, HOUR) }) : say("sign.days", { count: upTo(wait, DAY) });

const CHANGES = {
  roles: async (provider, fields) => {
    const { primary, further } = rolesOf(fields);
    const wait = await lasting(await view(provider, "Policy", "trustedWait", []));
    return ["changeRoles", [primary, further], await say("worst.change_roles", { wait })];
  },
  domains: async (provider, fields) => {
    const wait = await lasting(await view(provider, "Policy", "domainCooldown", []));
    return ["changeDomains", [await domainsOf(fields)], await say("worst.change_domains", { wait })];
  },
  key: async (provider) => {
    const { address } = await required();
    const key = await ownKey();
    if ((await view(provider, "ParticipantRegistry", "encryptionKeyOf", [address])) === key)
      throw new Error(await say("change.same_key"));
    return ["changeEncryptionKey", [key], await say("worst.change_key")];
  },
};

export async function run({ facts, fields }) {
  const { provider } = await required();
  const change = Object.hasOwn(CHANGES, facts.what) && CHANGES[facts.what];
  if (!change) throw new Error(await say("act.unknown"));
  const [name, values, worst] = await change(provider, fields);
  return send(await call("ParticipantRegistry", name, values), { worst });
}
