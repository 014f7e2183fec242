// Many adders or one collector: garbage collection must not see blocks whose root is not pinned yet.
export class SharedLock {
  #sharers = 0
  #exclusive = false
  #collectorsWaiting = 0
  #wakers = []

  async shared (task) {
    while (this.#exclusive || this.#collectorsWaiting > 0) await this.#change()
    this.#sharers++
    try { return await task() } finally { this.#sharers--; this.#changed() }
  }

  async exclusive (task) {
    this.#collectorsWaiting++
    while (this.#exclusive || this.#sharers > 0) await this.#change()
    this.#collectorsWaiting--
    this.#exclusive = true
    try { return await task() } finally { this.#exclusive = false; this.#changed() }
  }

  #change () {
    return new Promise(resolve => this.#wakers.push(resolve))
  }

  #changed () {
    for (const wake of this.#wakers.splice(0)) wake()
  }
}
