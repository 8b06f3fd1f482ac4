// A doubly linked list through its elements: O(1) insert and removal, no allocation, no ownership.
// An element that is destroyed while linked leaves the list by itself. One thread only.
#pragma once

#include <cstddef>

#include "sluice/base/check.h"

namespace sluice {

// Tag lets one object sit in several lists at once.
template <typename Tag = void>
class ListNode {
 public:
  ListNode() = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  ~ListNode() { Unlink(); }

  bool linked() const { return next_ != nullptr; }

  void Unlink() {
    if (next_ == nullptr) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = nullptr;
  }

 private:
  template <typename T, typename U>
  friend class IntrusiveList;

  ListNode* prev_ = nullptr;
  ListNode* next_ = nullptr;
};

template <typename T, typename Tag = void>
class IntrusiveList {
 public:
  using Node = ListNode<Tag>;

  IntrusiveList() { head_.prev_ = head_.next_ = &head_; }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() {
    while (!empty()) front().Node::Unlink();
    head_.prev_ = head_.next_ = nullptr;
  }

  bool empty() const { return head_.next_ == &head_; }

  void PushBack(T& item) { InsertBefore(head_, item); }
  void PushFront(T& item) { InsertBefore(*head_.next_, item); }

  T& front() { return static_cast<T&>(*head_.next_); }
  T& back() { return static_cast<T&>(*head_.prev_); }

  T* PopFront() {
    if (empty()) return nullptr;
    T& item = front();
    static_cast<Node&>(item).Unlink();
    return &item;
  }

  // Takes all elements of `other`, in order, to the end of this list.
  void Splice(IntrusiveList& other) {
    while (T* item = other.PopFront()) PushBack(*item);
  }

  // Calls fn(T&) for each element; fn may unlink or destroy the element it is given, no other.
  template <typename Fn>
  void ForEach(Fn&& fn) {
    for (Node* node = head_.next_; node != &head_;) {
      Node* next = node->next_;
      fn(static_cast<T&>(*node));
      node = next;
    }
  }

  size_t CountSlow() const {
    size_t count = 0;
    for (const Node* node = head_.next_; node != &head_; node = node->next_) ++count;
    return count;
  }

 private:
  static void InsertBefore(Node& at, T& item) {
    Node& node = item;
    SLUICE_DCHECK(!node.linked());
    node.prev_ = at.prev_;
    node.next_ = &at;
    at.prev_->next_ = &node;
    at.prev_ = &node;
  }

  Node head_;
};

}  // namespace sluice
