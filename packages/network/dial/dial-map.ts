/**
 * How a run reaches a lab instead of the Internet: every TCP connection by SOCKS5 to the address as a literal, UDP by
 * the table, names by the lab's resolvers, certificates by the lab's CA and no other. It opens `networks` for one run.
 */
export interface DialMap {
  tcp: { socks: string }
  /** The addresses of the world are real where this process runs: TCP is dialled as it would be without a map. */
  direct?: boolean
  /** World `address:port` → local `address:port`. */
  udp: Record<string, string>
  /** World addresses of its recursive resolvers. */
  resolvers: string[]
  /** CIDR blocks of the world, whatever special range they are in. */
  networks: string[]
  /** PEM. */
  ca: string
}
