/** The limits of Hyperledger Fabric's messages. */
#ifndef LV_FABRIC_LIMITS_H
#define LV_FABRIC_LIMITS_H

#define LV_FABRIC_MESSAGE_MAX 104857600U /* 100 MiB: what Fabric's peers send and take at most */

#endif
