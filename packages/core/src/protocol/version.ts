/** Major version of the protocol, as HELLO and WELCOME carry it. */
export const PROTOCOL_VERSION = 1

/** WebSocket subprotocol that clients offer and servers answer. */
export const SUBPROTOCOL = 'tautline.1'
