/** What the files of msp_folder.h share with each other. */
#ifndef LV_IDENTITY_MSP_FOLDER_PARTS_H
#define LV_IDENTITY_MSP_FOLDER_PARTS_H

#include "identity/msp_folder.h"

#define LV_MSP_CERTIFICATE "cert.pem" /* in signcerts/ */
#define LV_MSP_KEY "key.pem"          /* in keystore/, of the first certificate */

/** Writes one file of a folder, whose subfolder is made where it is missing. */
LV_MUST_CHECK lv_status lv_msp_put(const char *folder, const char *subfolder, const char *name,
                                   lv_bytes bytes, unsigned mode, lv_error *err);

#endif
