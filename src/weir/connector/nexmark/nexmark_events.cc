// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/nexmark/nexmark_events.h"

#include <cmath>
#include <cstring>

namespace weir {
namespace {

constexpr int64_t kFirstId = 1000;  // Of persons and auctions.
constexpr int64_t kFirstCategory = 10;
constexpr uint64_t kCategories = 5;
constexpr int64_t kHotStep = 100;  // The hot one is the first of each hundred.
constexpr int64_t kLead = 10;      // Ids that do not exist yet are referred to, too.
constexpr size_t kHotChannels = 4;
constexpr size_t kChannels = 10'000;

constexpr std::string_view kHotChannelNames[kHotChannels] = {"Google", "Facebook", "Baidu",
                                                             "Apple"};
constexpr std::string_view kStates[] = {"AZ", "CA", "ID", "OR", "WA", "WY"};
constexpr std::string_view kCities[] = {"Phoenix",  "Los Angeles", "San Francisco", "Boise",
                                        "Portland", "Bend",        "Redmond",       "Seattle",
                                        "Kent",     "Cheyenne"};
constexpr std::string_view kFirstNames[] = {"Peter", "Paul",  "Luke",  "John",   "Saul",  "Vicky",
                                            "Kate",  "Julie", "Sarah", "Deiter", "Walter"};
constexpr std::string_view kLastNames[] = {"Shultz", "Abrams", "Spencer", "White", "Bartels",
                                           "Walton", "Smith",  "Jones",   "Noris"};

enum PersonField {
  kPersonId,
  kName,
  kEmail,
  kCreditCard,
  kCity,
  kState,
  kPersonTime,
  kPersonExtra
};
enum AuctionField {
  kAuctionId,
  kItemName,
  kDescription,
  kInitialBid,
  kReserve,
  kAuctionTime,
  kExpires,
  kSeller,
  kCategory,
  kAuctionExtra
};
enum BidField { kBidAuction, kBidder, kPrice, kChannel, kUrl, kBidTime, kBidExtra };

template <size_t kCount>
std::string_view Pick(const std::string_view (&words)[kCount], RandomStream& random) {
  return words[random.Below(kCount)];
}

// Eight letters from 64 random bits.
uint64_t Letters(uint64_t bits) {
  uint64_t out = 0;
  for (int k = 0; k < 8; ++k) {
    uint64_t letter = 'a' + ((((bits >> (8 * k)) & 0xFF) * 26) >> 8);
    out |= letter << (8 * k);
  }
  return out;
}

// A word of 3 to `top` - 1 characters, a thirteenth of them `special`; none at its ends.
std::string Word(RandomStream& random, uint64_t top, char special) {
  uint64_t size = 3 + random.Below(top - 3);
  std::string word;
  for (uint64_t i = 0; i < size; ++i)
    word += random.Below(13) == 0 ? special : static_cast<char>('a' + random.Below(26));
  if (special != ' ') return word;
  size_t first = word.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return word.substr(first, word.find_last_not_of(' ') - first + 1);
}

int64_t Price(RandomStream& random) {
  return std::llround(std::pow(10.0, random.Unit() * 6) * 100);
}

uint32_t ReverseBits(uint32_t value) {
  uint32_t out = 0;
  for (int i = 0; i < 32; ++i) out |= ((value >> i) & 1u) << (31 - i);
  return out;
}

std::string BaseUrl(RandomStream& random) {
  std::string url = "https://www.nexmark.com/";
  for (int i = 0; i < 3; ++i) url += Word(random, 5, '_') + "/";
  return url + "item.htm?query=1";
}

Status StoreText(ColumnSlot& slot, int64_t row, std::string_view text, BatchSlots* batch) {
  WEIR_ASSIGN_OR_RETURN(char* room, batch->AllocateBytes(static_cast<int64_t>(text.size())));
  std::memcpy(room, text.data(), text.size());
  slot.SetView(row, room, static_cast<uint32_t>(text.size()));
  return Status::OK();
}

// Letters that bring a record from about `have` to about `want` bytes.
Status StoreExtra(ColumnSlot& slot, int64_t row, int64_t have, int64_t want, RandomStream random,
                  BatchSlots* batch) {
  int64_t missing = want - have;
  int64_t size = 0;
  if (missing > 0) {
    auto spread = static_cast<int64_t>(std::llround(static_cast<double>(missing) * 0.2));
    size = missing - spread +
           (spread > 0 ? static_cast<int64_t>(random.Below(static_cast<uint64_t>(2 * spread))) : 0);
  }
  WEIR_ASSIGN_OR_RETURN(char* out, batch->AllocateBytes(size + 8));
  for (int64_t i = 0; i < size; i += 8) {
    uint64_t letters = Letters(random.Next());
    std::memcpy(out + i, &letters, 8);
  }
  slot.SetView(row, out, static_cast<uint32_t>(size));
  return Status::OK();
}

}  // namespace

const Schema& NexmarkSchema() {
  static const Schema* schema = [] {
    DataType big = DataType::BigInt(), text = DataType::String(), time = DataType::Timestamp(3);
    return new Schema{{
        {"event_type", DataType::Int()},
        {"person", DataType::Row({{"id", big},
                                  {"name", text},
                                  {"emailAddress", text},
                                  {"creditCard", text},
                                  {"city", text},
                                  {"state", text},
                                  {"dateTime", time},
                                  {"extra", text}})},
        {"auction", DataType::Row({{"id", big},
                                   {"itemName", text},
                                   {"description", text},
                                   {"initialBid", big},
                                   {"reserve", big},
                                   {"dateTime", time},
                                   {"expires", time},
                                   {"seller", big},
                                   {"category", big},
                                   {"extra", text}})},
        {"bid", DataType::Row({{"auction", big},
                               {"bidder", big},
                               {"price", big},
                               {"channel", text},
                               {"url", text},
                               {"dateTime", time},
                               {"extra", text}})},
    }};
  }();
  return *schema;
}

Result<NexmarkEvents> NexmarkEvents::Make(NexmarkSpec spec, const Schema& requested) {
  NexmarkEvents events;
  events.spec_ = spec;
  std::vector<std::string> names;
  for (const Field& field : NexmarkSchema().fields) names.push_back(field.name);
  int* positions[] = {&events.event_type_, &events.person_, &events.auction_, &events.bid_};
  std::vector<Target>* targets[] = {nullptr, &events.person_fields_, &events.auction_fields_,
                                    &events.bid_fields_};
  for (int i = 0; i < requested.size(); ++i) {
    const Field& field = requested[i];
    int index = NexmarkSchema().IndexOf(field.name);
    if (index < 0) {
      return WithHint(InvalidQuery("the connector 'nexmark' has no column '{}'", field.name),
                      fmt::format("its columns are {}", NexmarkSchema().ToString()));
    }
    const DataType& type = NexmarkSchema()[index].type;
    bool is_row = type.kind() == TypeKind::kRow;
    if (field.type.kind() != type.kind()) {
      return InvalidQuery("column '{}' of the connector 'nexmark' must be {}, not {}", field.name,
                          type.ToString(), field.type.ToString());
    }
    *positions[index] = i;
    if (!is_row) continue;
    for (size_t child = 0; child < field.type.fields().size(); ++child) {
      const Field& wanted = field.type.fields()[child];
      int position = type.FieldIndex(wanted.name);
      if (position < 0 ||
          !type.fields()[static_cast<size_t>(position)].type.EqualsIgnoringNullable(wanted.type)) {
        return InvalidQuery("the connector 'nexmark' has no field '{}.{}' {}; '{}' is {}",
                            field.name, wanted.name, wanted.type.ToString(), field.name,
                            type.ToString());
      }
      targets[index]->push_back({position, child});
    }
  }
  if (events.bid_ >= 0) events.MakeChannels();
  return events;
}

void NexmarkEvents::MakeChannels() {
  std::string text;
  std::vector<size_t> ends;
  for (size_t i = 0; i < kHotChannels + kChannels; ++i) {
    RandomStream random(spec_.seed ^ 0x6368616E6E656Cu, i);
    bool is_hot = i < kHotChannels;
    auto number = static_cast<uint32_t>(i - kHotChannels);
    text += is_hot ? std::string(kHotChannelNames[i]) : fmt::format("channel-{}", number);
    ends.push_back(text.size());
    text += BaseUrl(random);
    if (!is_hot && random.Below(10) != 0)
      text += fmt::format("&channel_id={}", ReverseBits(number) & 0x7FFFFFFF);
    ends.push_back(text.size());
  }
  text.append(64, '\0');  // SetView loads whole words.
  channels_ = arrow::Buffer::FromString(std::move(text));
  const auto* bytes = reinterpret_cast<const char*>(channels_->data());
  size_t begin = 0;
  for (size_t i = 0; i < ends.size(); ++i) {
    (i % 2 == 0 ? channel_names_ : channel_urls_).push_back({bytes + begin, ends[i] - begin});
    begin = ends[i];
  }
}

void NexmarkEvents::AddHeaps(BatchSlots* batch) const {
  if (channels_ != nullptr) batch->AddHeap(channels_);
}

int64_t NexmarkEvents::LastPerson(int64_t number) const {
  int64_t epoch = number / TotalShare(), offset = number % TotalShare();
  return epoch * spec_.person_share + std::min(offset, spec_.person_share - 1);
}

int64_t NexmarkEvents::LastAuction(int64_t number) const {
  int64_t epoch = number / TotalShare(), offset = number % TotalShare();
  if (offset < spec_.person_share) {
    --epoch;
    offset = spec_.auction_share - 1;
  } else {
    offset = std::min(offset - spec_.person_share, spec_.auction_share - 1);
  }
  return epoch * spec_.auction_share + offset;
}

int64_t NexmarkEvents::MillisOf(int64_t number) const {
  return spec_.base_millis +
         static_cast<int64_t>(static_cast<double>(number) * 1000.0 / spec_.events_per_second);
}

// Any of the active people, or one who is about to come.
int64_t NexmarkEvents::PickPerson(int64_t number, RandomStream random) const {
  int64_t have = LastPerson(number) + 1;
  int64_t active = std::min(have, spec_.active_people);
  return have - active + static_cast<int64_t>(random.Below(static_cast<uint64_t>(active + kLead)));
}

Status NexmarkEvents::Generate(int64_t number, int64_t row, BatchSlots* batch) const {
  RandomStream random(spec_.seed, static_cast<uint64_t>(number));
  int64_t late = 0;
  if (spec_.out_of_order) {
    RandomStream delay = random.Part(1000);
    if (delay.Below(10) == 0) late = static_cast<int64_t>(delay.Below(3000));
  }
  Clocked event{number, MillisOf(number) - late, random};
  int64_t offset = number % TotalShare();
  int type = offset < spec_.person_share                         ? 0
             : offset < spec_.person_share + spec_.auction_share ? 1
                                                                 : 2;
  if (event_type_ >= 0) batch->column(static_cast<size_t>(event_type_)).Set<int32_t>(row, type);
  if (type == 0 && person_ >= 0)
    return FillPerson(event, batch->column(static_cast<size_t>(person_)), row, batch);
  if (type == 1 && auction_ >= 0)
    return FillAuction(event, batch->column(static_cast<size_t>(auction_)), row, batch);
  if (type == 2 && bid_ >= 0)
    return FillBid(event, batch->column(static_cast<size_t>(bid_)), row, batch);
  return Status::OK();
}

Status NexmarkEvents::FillPerson(const Clocked& event, ColumnSlot& slot, int64_t row,
                                 BatchSlots* batch) const {
  slot.Mark(row);
  // Drawn whatever is asked for: 'extra' fills up what the others leave.
  RandomStream words = event.random.Part(1);
  std::string name =
      std::string(Pick(kFirstNames, words)) + " " + std::string(Pick(kLastNames, words));
  std::string email = Word(words, 7, ' ') + "@" + Word(words, 5, ' ') + ".com";
  std::string card = fmt::format("{:04} {:04} {:04} {:04}", words.Below(10000), words.Below(10000),
                                 words.Below(10000), words.Below(10000));
  std::string_view city = Pick(kCities, words), state = Pick(kStates, words);
  for (const Target& target : person_fields_) {
    ColumnSlot& field = slot.child(target.child);
    switch (target.field) {
      case kPersonId:
        field.Set<int64_t>(row, LastPerson(event.number) + kFirstId);
        break;
      case kName:
        WEIR_RETURN_NOT_OK(StoreText(field, row, name, batch));
        break;
      case kEmail:
        WEIR_RETURN_NOT_OK(StoreText(field, row, email, batch));
        break;
      case kCreditCard:
        WEIR_RETURN_NOT_OK(StoreText(field, row, card, batch));
        break;
      case kCity:
        WEIR_RETURN_NOT_OK(StoreText(field, row, city, batch));
        break;
      case kState:
        WEIR_RETURN_NOT_OK(StoreText(field, row, state, batch));
        break;
      case kPersonTime:
        field.Set<int64_t>(row, event.millis * 1000);
        break;
      default: {
        auto have = static_cast<int64_t>(8 + name.size() + email.size() + card.size() +
                                         city.size() + state.size());
        WEIR_RETURN_NOT_OK(
            StoreExtra(field, row, have, spec_.person_bytes, event.random.Part(2), batch));
      }
    }
  }
  return Status::OK();
}

Status NexmarkEvents::FillAuction(const Clocked& event, ColumnSlot& slot, int64_t row,
                                  BatchSlots* batch) const {
  slot.Mark(row);
  RandomStream words = event.random.Part(1), numbers = event.random.Part(3);
  std::string item = Word(words, 20, ' '), description = Word(words, 100, ' ');
  bool hot_seller = numbers.Below(static_cast<uint64_t>(spec_.hot_seller_ratio)) != 0;
  int64_t seller = hot_seller ? LastPerson(event.number) / kHotStep * kHotStep
                              : PickPerson(event.number, event.random.Part(4));
  int64_t initial = Price(numbers), reserve = initial + Price(numbers);
  // Long enough that about `in_flight_auctions` are open at a time.
  double gap_millis = 1000.0 / spec_.events_per_second;
  double horizon = static_cast<double>(spec_.in_flight_auctions * TotalShare()) /
                   static_cast<double>(std::max<int64_t>(spec_.auction_share, 1)) * gap_millis;
  int64_t life = 1 + static_cast<int64_t>(numbers.Below(static_cast<uint64_t>(
                         std::max<int64_t>(static_cast<int64_t>(horizon) * 2, 1))));
  uint64_t category = numbers.Below(kCategories);
  for (const Target& target : auction_fields_) {
    ColumnSlot& field = slot.child(target.child);
    switch (target.field) {
      case kAuctionId:
        field.Set<int64_t>(row, LastAuction(event.number) + kFirstId);
        break;
      case kItemName:
        WEIR_RETURN_NOT_OK(StoreText(field, row, item, batch));
        break;
      case kDescription:
        WEIR_RETURN_NOT_OK(StoreText(field, row, description, batch));
        break;
      case kInitialBid:
        field.Set<int64_t>(row, initial);
        break;
      case kReserve:
        field.Set<int64_t>(row, reserve);
        break;
      case kAuctionTime:
        field.Set<int64_t>(row, event.millis * 1000);
        break;
      case kExpires:
        field.Set<int64_t>(row, (event.millis + life) * 1000);
        break;
      case kSeller:
        field.Set<int64_t>(row, seller + kFirstId);
        break;
      case kCategory:
        field.Set<int64_t>(row, kFirstCategory + static_cast<int64_t>(category));
        break;
      default:
        WEIR_RETURN_NOT_OK(StoreExtra(field, row,
                                      static_cast<int64_t>(48 + item.size() + description.size()),
                                      spec_.auction_bytes, event.random.Part(2), batch));
    }
  }
  return Status::OK();
}

Status NexmarkEvents::FillBid(const Clocked& event, ColumnSlot& slot, int64_t row,
                              BatchSlots* batch) const {
  slot.Mark(row);
  for (const Target& target : bid_fields_) {
    ColumnSlot& field = slot.child(target.child);
    switch (target.field) {
      case kBidAuction: {
        RandomStream random = event.random.Part(1);
        int64_t last = LastAuction(event.number);
        int64_t first = std::max<int64_t>(last - spec_.in_flight_auctions, 0);
        bool hot = random.Below(static_cast<uint64_t>(spec_.hot_auction_ratio)) != 0;
        int64_t auction = hot ? last / kHotStep * kHotStep
                              : first + static_cast<int64_t>(random.Below(
                                            static_cast<uint64_t>(last - first + 1 + kLead)));
        field.Set<int64_t>(row, auction + kFirstId);
        break;
      }
      case kBidder: {
        RandomStream random = event.random.Part(2);
        bool hot = random.Below(static_cast<uint64_t>(spec_.hot_bidder_ratio)) != 0;
        int64_t bidder = hot ? LastPerson(event.number) / kHotStep * kHotStep + 1
                             : PickPerson(event.number, event.random.Part(3));
        field.Set<int64_t>(row, bidder + kFirstId);
        break;
      }
      case kPrice: {
        RandomStream random = event.random.Part(4);
        field.Set<int64_t>(row, Price(random));
        break;
      }
      case kChannel:
      case kUrl: {
        RandomStream random = event.random.Part(5);
        size_t channel = random.Below(2) != 0 ? random.Below(kHotChannels)
                                              : kHotChannels + random.Below(kChannels);
        std::string_view text =
            target.field == kChannel ? channel_names_[channel] : channel_urls_[channel];
        field.SetView(row, text.data(), static_cast<uint32_t>(text.size()));
        break;
      }
      case kBidTime:
        field.Set<int64_t>(row, event.millis * 1000);
        break;
      default:
        WEIR_RETURN_NOT_OK(
            StoreExtra(field, row, 32, spec_.bid_bytes, event.random.Part(6), batch));
    }
  }
  return Status::OK();
}

}  // namespace weir
