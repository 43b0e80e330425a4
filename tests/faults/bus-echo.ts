import { openSqliteBus } from '@mirage/adapters/sqlite/bus.ts'

/** Answers every `ping` on a log with a `pong` of the same id, in a process of its own, until it is killed. */
const [path, offsets] = process.argv.slice(2)
const bus = await openSqliteBus({ path: path!, offsets: offsets!, now: () => Date.now(), retryMs: 5 })
await bus.subscribe({ name: 'echo', events: ['ping'] }, async (events) => {
  await bus.publish(events.map((event) => ({ ...event, name: 'pong' })))
})
process.stdout.write('ready\n')
