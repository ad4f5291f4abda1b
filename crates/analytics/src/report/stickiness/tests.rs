//! Questions in JSON and in addresses, and how bad ones are refused.
