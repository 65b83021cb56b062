/** Most connections of James to its database at a time. */
export const jamesConnections = 15;
