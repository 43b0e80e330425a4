import { openStoreCase, type StoreName } from './store-cases.ts'

/** Writes batches to a store until it is killed, a line on standard output for each that was acknowledged. */
const [name, folder, from] = process.argv.slice(2)
const store = await openStoreCase(name as StoreName, folder!)
for (let number = Number(from); ; number++) process.stdout.write(`${number} ${await store.write(number)}\n`)
