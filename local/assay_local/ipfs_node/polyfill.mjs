// Node 20 lacks it; Node 22 and later have it. Imported before anything that uses it.
Promise.withResolvers ??= function () {
  let resolve, reject
  const promise = new Promise((_resolve, _reject) => { resolve = _resolve; reject = _reject })
  return { promise, resolve, reject }
}
