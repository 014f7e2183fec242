// The buyer of a trial opens the model that has passed, or refutes the delivery of another key.
import { events, say, view } from "../market.js";
import { document as fetched } from "../sealing.js";
import { required } from "../wallet.js";
import { openedOrRefuted } from "./open-model.js";

export async function run({ facts, tell, form }) {
  const { provider } = await required();
  const trial = await view(provider, "Trials", "trial", [facts.number]);
  const [opened] = await events(provider, "Trials", "TrialOpened", { id: facts.number });
  if (!opened) throw new Error(await say("open.undelivered"));
  const [spec, model] = [await fetched(opened.request.spec), await fetched(trial.good)];
  return openedOrRefuted("Trials", facts, spec, model.artifact, tell, form);
}
