//! A budget in a settings file: `Units(2000)` or `Time((secs: 0, nanos: 500000))`.

use super::BudgetReflect;
use core::time::Duration;
use gc_core::Budget;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

#[derive(Serialize, Deserialize)]
#[serde(rename = "Budget")]
enum Written {
    Units(u64),
    Time(Duration),
}

impl Serialize for BudgetReflect {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = match self.0.as_units() {
            Some(units) => Written::Units(units),
            None => Written::Time(time(self.0).ok_or_else(|| {
                ser::Error::custom("a budget that ends at a moment means nothing in a file")
            })?),
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for BudgetReflect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let budget = match Written::deserialize(deserializer)? {
            Written::Units(units) => Some(Budget::units(units)),
            Written::Time(time) => of_time(time),
        };
        budget
            .map(BudgetReflect)
            .ok_or_else(|| de::Error::custom("a budget in time needs the feature `std` of gc-bevy"))
    }
}

#[cfg(feature = "std")]
fn time(budget: Budget) -> Option<Duration> {
    budget.as_time()
}

#[cfg(feature = "std")]
fn of_time(time: Duration) -> Option<Budget> {
    Some(Budget::time(time))
}

#[cfg(not(feature = "std"))]
fn time(_: Budget) -> Option<Duration> {
    None
}

#[cfg(not(feature = "std"))]
fn of_time(_: Duration) -> Option<Budget> {
    None
}
