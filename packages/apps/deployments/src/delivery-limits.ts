/** Bounds what strangers may try at the addresses of webhooks. */
export interface DeliveryLimits {
  /** Counts a delivery. @throws {DomainError} rate_limited */
  admit(address: string): Promise<void>;
  /** Counts one that was refused, of which there may be fewer. */
  refused(address: string): Promise<void>;
}
