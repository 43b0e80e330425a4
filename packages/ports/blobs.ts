/** Bodies by the hash of their content, stored compressed. */
export interface Blobs extends AsyncDisposable {
  readonly can: { shared: boolean; durable: boolean }
  /** Resolves with the lower-case hex SHA-256 of `bytes` when they are stored. Storing the same bytes again is no change. */
  put(workspace: string, bytes: Uint8Array): Promise<string>
  get(workspace: string, hash: string): Promise<Uint8Array | undefined>
  has(workspace: string, hash: string): Promise<boolean>
  /** Removes every blob last put before `before` (milliseconds) whose hash `isUsed` denies; answers how many. */
  sweep(workspace: string, before: number, isUsed: (hash: string) => Promise<boolean>): Promise<number>
  /** Erases everything of a workspace. */
  erase(workspace: string): Promise<void>
}
